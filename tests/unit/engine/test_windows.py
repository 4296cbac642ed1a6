"""Lists read from several places at once: nothing missed or twice, few requests, however it lies in time."""

import random
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from provisioner.core.problem import StripeError
from provisioner.engine.ports import Page
from provisioner.engine.windows import read_list

NOW = 1_790_000_000
YEAR = 365 * 86_400


class Listing:
    """A list of Stripe's: newest first, cursors, `created` ranges; `arrivals` come in while it is read."""

    def __init__(self, times: list[int], arrivals: int = 0) -> None:
        self.items = [{"id": f"ic_{n}", "created": at} for n, at in enumerate(sorted(times))]
        self.arrivals = arrivals
        self.requests = 0
        self.lock = threading.Lock()

    def page(self, _resource: str, params: Mapping[str, Any]) -> Page:
        with self.lock:
            self.requests += 1
            found = self.found(params)
            limit = int(params["limit"])
            page = found[-limit:] if "ending_before" in params else found[:limit]
            if self.arrivals and self.requests > 1:
                self.arrivals -= 1
                self.items.append({"id": f"ic_{len(self.items)}", "created": NOW})
        return Page(page, len(found) > limit)

    def found(self, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        created = params.get("created", {})
        low, high = created.get("gte", 0), created.get("lt", NOW + 1)
        ids = [item["id"] for item in self.items]
        begin = ids.index(params["ending_before"]) + 1 if "ending_before" in params else 0
        end = ids.index(params["starting_after"]) if "starting_after" in params else len(ids)
        return [item for item in reversed(self.items[begin:end]) if low <= item["created"] < high]

    def retrieve(self, _resource: str) -> Mapping[str, Any]:
        raise AssertionError("nothing is read one by one")

    def list(self, _resource: str, _params: Mapping[str, Any] | None = None) -> Iterator[Mapping[str, Any]]:
        raise AssertionError("lists are read page by page")


def read(listing: Listing, expected: int = 0) -> list[str]:
    with ThreadPoolExecutor(16) as pool:
        items = read_list(pool, listing, "issuing/cards", expected, lambda item: item, lambda _count: None)
    return [str(item["id"]) for item in items]


def spread(count: int, seed: int = 1) -> list[int]:
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    return [NOW - chance.randrange(YEAR) for _ in range(count)]


SHAPES = {
    "evenly": spread(5000),
    "all in one second": [NOW - 9999] * 3000,
    "a burst after a quiet year": [NOW - YEAR + n for n in range(50)] + [NOW - n // 25 for n in range(5000)],
    "a burst before a quiet year": [NOW - YEAR + n // 25 for n in range(5000)]
    + [NOW - n * 3600 for n in range(80)],
    "two seconds": [NOW - 5] * 1500 + [NOW - 4] * 1500,
    "ever more": [NOW - int(YEAR / (n + 1)) for n in range(4000)],
    "ever fewer": [NOW - YEAR + int(YEAR / (n + 1)) for n in range(4000)],
    "seconds apart by powers": [NOW - 2 ** (n % 25) for n in range(3000)],
}


@pytest.mark.parametrize("expected", [0, 3000, 100_000], ids=["unknown", "about right", "far too many"])
@pytest.mark.parametrize("times", SHAPES.values(), ids=SHAPES.keys())
def test_everything_is_read_once_in_the_lists_order(times: list[int], expected: int) -> None:
    listing = Listing(times)

    assert read(listing, expected) == [item["id"] for item in reversed(listing.items)]


@pytest.mark.parametrize("times", SHAPES.values(), ids=SHAPES.keys())
def test_few_requests_more_than_there_are_pages(times: list[int]) -> None:
    listing = Listing(times)
    read(listing, len(times))

    assert listing.requests <= -(-len(times) // 100) * 1.2 + 2


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (1, 1), (100, 1), (101, 3), (500, 6)])
def test_a_short_list_costs_its_pages_and_one_look_at_what_is_new(count: int, requests: int) -> None:
    listing = Listing(spread(count))

    assert len(read(listing, count)) == count
    assert listing.requests == requests


@pytest.mark.parametrize("times", SHAPES.values(), ids=SHAPES.keys())
def test_what_is_created_meanwhile_is_read_too_and_once(times: list[int]) -> None:
    listing = Listing(times, arrivals=250)
    found = read(listing, len(times))
    there = [item["id"] for item in reversed(listing.items)]

    assert len(found) == len(set(found))
    assert set(there[-len(times) :]) <= set(found)
    assert found == there[len(there) - len(found) :]


class Stuck(Listing):
    def page(self, _resource: str, _params: Mapping[str, Any]) -> Page:
        return Page(self.items[:1], more=True)


class Odd(Listing):
    def page(self, _resource: str, _params: Mapping[str, Any]) -> Page:
        return Page([{"id": "ic_1"}], more=False)


@pytest.mark.parametrize("listing", [Stuck([NOW]), Odd([NOW])])
def test_an_answer_that_makes_no_sense_ends_the_reading(listing: Listing) -> None:
    with pytest.raises(StripeError, match="issuing/cards"):
        read(listing)
