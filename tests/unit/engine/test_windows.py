"""Lists read from several places at once: nothing missed or twice, few requests, however it lies in time."""

import random
import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from itertools import count
from operator import itemgetter
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.depth import thorough

from provisioner.core.model.errors import StripeError
from provisioner.engine.ports import Page
from provisioner.engine.read.parallel_list import Stretch, TimeWindow, _Scan, read_list

NOW = 1_790_000_000
YEAR = 365 * 86_400
CREATED = itemgetter("created")


class Listing:
    """A list of Stripe's: newest first, cursors, `created` ranges; `arrivals` come in while it is read."""

    def __init__(self, times: list[int], arrivals: int = 0) -> None:
        self.items = [{"id": f"ic_{n}", "created": at} for n, at in enumerate(sorted(times))]
        self.arrivals = arrivals
        self.requests = 0
        self.newest = len(times) - 1  # at the first request
        self.looked = 0  # how many there were at the last look at what is new
        self.lock = threading.Lock()

    def page(self, params: Mapping[str, Any]) -> Page:
        with self.lock:
            self.requests += 1
            found = self.found(params)
            limit = int(params["limit"])
            is_look = _number(params.get("ending_before", "ic_-1")) >= self.newest
            self.looked = len(self.items) if is_look else self.looked
            page = found[-limit:] if "ending_before" in params else found[:limit]
            if self.arrivals and self.requests > 1:
                self.arrivals -= 1
                self.items.append({"id": f"ic_{len(self.items)}", "created": NOW})
        return Page(page, len(found) > limit)

    def found(self, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        created = params.get("created", {})
        begin = bisect_left(self.items, created.get("gte", 0), key=CREATED)
        end = bisect_left(self.items, created.get("lt", NOW + 1), key=CREATED)
        for name in {"ending_before", "starting_after"} & params.keys():
            assert begin <= _number(params[name]) < end, "the cursor is not in the list"
        if "ending_before" in params:
            begin = max(begin, _number(params["ending_before"]) + 1)
        if "starting_after" in params:
            end = min(end, _number(params["starting_after"]))
        return self.items[begin:end][::-1]


def _number(identity: str) -> int:
    return int(identity.removeprefix("ic_"))


def read(listing: Listing, expected: int = 0, answers_after: float = 0.1) -> list[str]:
    clock = count(0, answers_after).__next__
    with ThreadPoolExecutor(16) as pool:
        items = read_list(pool, listing.page, "issuing/cards", expected, _same, lambda _count: None, clock)
    return [str(item["id"]) for item in items]


def _same(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return item


def spread(number: int, seed: int = 1) -> list[int]:
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    return [NOW - chance.randrange(YEAR) for _ in range(number)]


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


@pytest.mark.parametrize("answers_after", [0.001, 0.1], ids=["at hand", "far away"])
@pytest.mark.parametrize("expected", [0, 3000, 100_000], ids=["unknown", "about right", "far too many"])
@pytest.mark.parametrize("times", SHAPES.values(), ids=SHAPES.keys())
def test_everything_is_read_once_in_the_lists_order(
    times: list[int], expected: int, answers_after: float
) -> None:
    listing = Listing(times)

    assert read(listing, expected, answers_after) == [item["id"] for item in reversed(listing.items)]


class Clustered(NamedTuple):
    """Objects that came together: how many, from when, and within how many seconds."""

    count: int
    begin: int
    lasting: int


clusters = st.lists(
    st.builds(
        Clustered,
        st.integers(1, 700),
        st.integers(1, NOW - 1) | st.integers(NOW - 100, NOW - 1),
        st.sampled_from([0, 1, 4, 60, 86_400, YEAR]),
    ),
    max_size=6,
)


@settings(max_examples=thorough(60))
@given(clusters, st.integers(0, 4000), st.integers(0, 300), st.randoms(use_true_random=False))
def test_however_it_lies_in_time_and_whatever_comes_meanwhile(groups, expected, arrivals, chance):
    times = [
        min(NOW, group.begin + chance.randrange(group.lasting + 1))
        for group in groups
        for _ in range(group.count)
    ]
    listing = Listing(times, arrivals)
    there = [item["id"] for item in reversed(listing.items)]

    found = read(listing, expected)

    assert found[len(found) - len(there) :] == there
    assert len(found) == len(set(found))
    pages = max(len(found), expected) / 100
    assert listing.requests <= len(found) / 100 + pages * 0.2 + 4


@settings(max_examples=thorough(100))
@given(clusters, st.integers(0, 3000), st.integers(0, 150), st.randoms(use_true_random=False))
def test_in_whatever_order_answers_come(
    groups: list[Clustered], expected: int, arrivals: int, chance: random.Random
) -> None:
    times = [
        min(NOW, group.begin + n * group.lasting // group.count)
        for group in groups
        for n in range(group.count)
    ]
    listing = Listing(times, arrivals)
    there = [item["id"] for item in reversed(listing.items)]
    scan = _Scan(listing.page, "issuing/cards", _same, expected, count(0, 0.1).__next__)
    under_way: list[tuple[Stretch, str, TimeWindow]] = []
    while True:
        for stretch, end in scan.due():
            under_way.append((stretch, end, scan.page(stretch.params(end))))
        if not under_way:
            break
        scan.take(*under_way.pop(chance.randrange(len(under_way))))

    assert [item["id"] for item in scan.items()] == there


def test_ten_thousand_of_one_second_are_read_one_page_after_the_other():
    listing = Listing([NOW - 9999] * 10_000)

    assert len(read(listing, 10_000)) == 10_000
    assert listing.requests <= 10_000 / 100 * 1.2 + 2


@pytest.mark.parametrize("times", SHAPES.values(), ids=SHAPES.keys())
def test_few_requests_more_than_there_are_pages(times: list[int]) -> None:
    listing = Listing(times)
    read(listing, len(times))

    assert listing.requests <= -(-len(times) // 100) * 1.2 + 2


@pytest.mark.parametrize(("number", "requests"), [(0, 1), (1, 1), (100, 1), (101, 3), (500, 6)])
def test_a_short_list_costs_its_pages_and_one_look_at_what_is_new(number: int, requests: int) -> None:
    listing = Listing(spread(number))

    assert len(read(listing, number)) == number
    assert listing.requests == requests


@pytest.mark.parametrize("times", SHAPES.values(), ids=SHAPES.keys())
def test_what_is_created_meanwhile_is_read_too_and_once(times: list[int]) -> None:
    listing = Listing(times, arrivals=250)
    found = read(listing, len(times))
    there = [item["id"] for item in reversed(listing.items)]

    assert len(found) == len(set(found))
    assert listing.looked > len(times)
    assert set(there[-listing.looked :]) <= set(found)
    assert found == there[len(there) - len(found) :]


def turns(listing: Listing, expected: int, trip: int) -> int:
    """How many turns the reading takes where one request may leave at each, and is answered `trip` later."""
    scan = _Scan(listing.page, "issuing/cards", _same, expected, count(0, 0.1).__next__)
    under_way: deque[tuple[int, Stretch, str, TimeWindow]] = deque()
    waiting: deque[tuple[Stretch, str]] = deque()
    turn = 0
    while True:
        while under_way and under_way[0][0] <= turn:
            scan.take(*under_way.popleft()[1:])
        waiting += scan.due()
        if not waiting and not under_way:
            return turn
        if waiting:
            stretch, end = waiting.popleft()
            under_way.append((turn + trip, stretch, end, scan.page(stretch.params(end))))
        turn += 1


@pytest.mark.parametrize("shape", [name for name in SHAPES if "second" not in name])
def test_requests_leave_as_often_as_they_may_though_each_takes_a_while(shape: str) -> None:
    """At 25 a second and 100 ms each; with a cursor alone it would take three turns a page."""
    times = SHAPES[shape]

    assert turns(Listing(times), len(times), trip=3) <= len(times) / 100 * 1.4 + 6


class Counting(Executor):
    """Answers at once, and counts the answers that are waited for at the same time."""

    def __init__(self) -> None:
        self.open = self.most = 0

    def submit(self, what: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        future = Counted(self)
        future.set_result(what(*args, **named))
        self.open += 1
        self.most = max(self.most, self.open)
        return future


class Counted(Future[Any]):
    def __init__(self, pool: Counting) -> None:
        super().__init__()
        self.pool = pool

    def result(self, timeout: float | None = None) -> Any:
        self.pool.open -= 1
        return super().result(timeout)


@pytest.mark.parametrize(("answers_after", "least", "most"), [(0.001, 2, 2), (0.1, 4, 4), (0.3, 7, 8)])
def test_what_is_at_hand_is_read_by_few_and_what_is_far_away_by_more(
    answers_after: float, least: int, most: int
) -> None:
    pool, clock = Counting(), count(0, answers_after).__next__
    found = read_list(pool, Listing(spread(9000)).page, "issuing/cards", 0, _same, lambda _count: None, clock)

    assert len(found) == 9000
    assert least <= pool.most <= most + 1  # one looks for what is new


class Stuck(Listing):
    def page(self, _params: Mapping[str, Any]) -> Page:
        return Page(self.items[:1], more=True)


class Odd(Listing):
    def page(self, _params: Mapping[str, Any]) -> Page:
        return Page([{"id": "ic_1"}], more=False)


@pytest.mark.parametrize("listing", [Stuck([NOW]), Odd([NOW])])
def test_an_answer_that_makes_no_sense_ends_the_reading(listing: Listing) -> None:
    with pytest.raises(StripeError, match="issuing/cards"):
        read(listing)
