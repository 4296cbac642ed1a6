"""A history that is read in bits: ended at any page, with more purchases and captures in between."""

import random
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.core.model.errors import AccessError
from provisioner.core.purchases.past import PastMove, PastRequest
from provisioner.engine.ports import Page
from provisioner.engine.purchases.history_file import HistoryFile, HistoryOwner, open_history
from provisioner.engine.purchases.read_history import (
    AUTHORIZATIONS,
    KEPT,
    MARGIN,
    UPDATED,
    HistorySource,
    estimate,
    read_authorizations,
    read_updates,
)

NOW = 1_790_000_000
DAY = 86_400
OWNER = HistoryOwner("acct_1", "test")
Raw = dict[str, Any]


class KilledError(Exception):
    pass


class Account:
    """An account with authorizations and the events of their updates; it can fail at a request."""

    version = "test"

    def __init__(self) -> None:
        self.now = NOW
        self.items: list[Raw] = []
        self.events: list[Raw] = []
        self.requests = {AUTHORIZATIONS: 0, "events": 0}
        self.left = 10**9
        self.readable_events = True

    def buy(self, at: int, amount: int = 100) -> None:
        number = len(self.items)
        decision = {"created": at, "amount": amount, "approved": True, "reason": "card_active"}
        hold = {"created": at, "amount": -amount, "type": "issuing_authorization_hold"}
        self.items.append(
            {
                "id": f"iauth_{number}",
                "created": at,
                "status": "pending",
                "currency": "usd",
                "card": {"id": "ic_1", "cardholder": {"id": "ich_1"}},
                "cardholder": "ich_1",
                "merchant_data": {"name": "Canary Books", "category": "books", "country": "US"},
                "request_history": [decision],
                "balance_transactions": [hold],
                "transactions": [],
            }
        )

    def capture(self, place: int, at: int, form: Callable[[Raw], Raw] = dict) -> None:
        """Capture an authorization in full; the event shows it in some form."""
        old = self.items[place]
        amount = old["request_history"][0]["amount"]
        release = {"created": at, "amount": amount, "type": "issuing_authorization_release"}
        new = {
            **old,
            "status": "closed",
            "balance_transactions": [*old["balance_transactions"], release],
            "transactions": [{"created": at, "amount": -amount, "type": "capture"}],
        }
        self.items[place] = new
        event = {"id": f"evt_{len(self.events)}", "created": at, "type": UPDATED}
        self.events.append({**event, "data": {"object": form(new)}})

    def page(self, resource: str, params: Mapping[str, Any], _wanted: object = None) -> Page:
        self.requests[resource] += 1
        self.left -= 1
        if self.left < 0:
            raise KilledError
        if resource == "events" and not self.readable_events:
            raise AccessError("no")
        kept = [each for each in self.events if each["created"] > self.now - KEPT]
        items = kept if resource == "events" else self.items
        created = params.get("created", {})
        found = [
            each
            for each in sorted(items, key=lambda each: (each["created"], int(each["id"].split("_")[1])))[::-1]
            if created.get("gte", 0) <= each["created"] < created.get("lt", 10**12)
        ]
        if "starting_after" in params:
            ids = [each["id"] for each in found]
            found = found[ids.index(params["starting_after"]) + 1 :]
        return Page(found[: params["limit"]], len(found) > params["limit"])


def read(account: Account, history: HistoryFile, days: int = 90) -> None:
    with ThreadPoolExecutor(8) as pool:
        source = HistorySource(account, pool, account.now)  # type: ignore[arg-type] - what is used of one
        read_updates(source, history)
        expected = estimate(account, [*history.gaps(account.now - days * DAY, account.now)])  # type: ignore[arg-type]
        read_authorizations(source, history, account.now - days * DAY, expected, with_merchants=False)
    history.commit()


@pytest.fixture
def history() -> Iterator[HistoryFile]:
    with open_history(None, OWNER) as opened:
        yield opened


def known(history: HistoryFile, since: int = 0) -> list[tuple[int, bool, int]]:
    """The moments: the time, whether it is a request, and the change of what counts."""
    return [
        (
            each.at,
            isinstance(each, PastRequest),
            each.granted if isinstance(each, PastRequest) else each.amount,
        )
        for each in history.moments(since, with_merchants=True)
    ]


def truth(account: Account) -> list[tuple[int, bool, int]]:
    requests = [(each["created"], True, each["request_history"][0]["amount"]) for each in account.items]
    captures = [(t["created"], False, 0) for each in account.items for t in each["transactions"]]
    return sorted(requests + captures)


STEPS = st.lists(
    st.tuples(st.integers(0, 600), st.integers(0, 40 * DAY), st.integers(1, 30), st.booleans()),
    min_size=1,
    max_size=4,
)


@settings(max_examples=15)
@given(STEPS, st.integers(0, 2**32))
def test_whatever_ends_a_run_the_next_one_completes_it(
    steps: list[tuple[int, int, int, bool]], seed: int
) -> None:
    chance, account = random.Random(seed), Account()  # noqa: S311 - the same in every run
    begin = account.now - 80 * DAY
    with open_history(None, OWNER) as history:
        for number, passes, survives, events in steps:
            account.readable_events = events
            for _ in range(number):
                account.buy(chance.randint(begin, account.now), chance.randint(1, 999))
            for place, each in enumerate(account.items):
                if each["status"] == "pending" and chance.random() < 0.5:
                    account.capture(place, chance.randint(max(each["created"], begin), account.now))
            account.left = survives
            with suppress(KilledError):
                read(account, history, days=300)
            begin, account.now = account.now + 1, account.now + passes + 1
        account.left, account.readable_events = 10**9, True
        account.now += MARGIN
        read(account, history, days=400)

        assert sorted(known(history)) == truth(account)
        assert [each[0] for each in known(history)] == [each[0] for each in sorted(known(history))]


def test_few_requests_are_made_and_a_second_run_makes_hardly_any(history: HistoryFile) -> None:
    account, chance = Account(), random.Random(1)  # noqa: S311 - as above
    for _ in range(3000):
        account.buy(account.now - chance.randint(MARGIN + 1, 80 * DAY))
    read(account, history)

    assert account.requests[AUTHORIZATIONS] <= 3000 / 100 * 1.2 + 10
    assert account.requests["events"] == 0

    account.requests = dict.fromkeys(account.requests, 0)
    for place in range(250):
        account.capture(place, account.now + 60)
    account.now += DAY
    account.buy(account.now - 2)
    read(account, history)

    assert account.requests[AUTHORIZATIONS] <= 3
    assert account.requests["events"] <= 250 / 100 * 1.2 + 3
    assert sorted(known(history)) == truth(account)


def without_history(shown: Raw) -> Raw:
    """Another API version's form of an authorization."""
    return {name: value for name, value in shown.items() if name != "request_history"} | {
        "request_history": [{"approved": True}]
    }


def not_readable(account: Account) -> None:
    account.readable_events = False


def too_old(account: Account) -> None:
    account.now += KEPT + DAY


@pytest.mark.parametrize("happens", [not_readable, too_old])
def test_where_there_are_no_events_what_was_open_is_listed_again(
    history: HistoryFile, happens: Callable[[Account], None]
) -> None:
    account = Account()
    account.buy(NOW - 20 * DAY)
    account.capture(0, NOW - 19 * DAY)
    account.buy(NOW - 3 * DAY)
    read(account, history)
    account.capture(1, NOW + 1)
    happens(account)
    account.now += 10
    read(account, history)

    assert sorted(known(history)) == truth(account)


def test_an_event_in_another_form_leads_to_the_list(history: HistoryFile) -> None:
    account = Account()
    account.buy(NOW - 3 * DAY)
    account.buy(NOW - 2 * DAY)
    read(account, history)
    account.capture(0, NOW + 1, without_history)
    account.now += 10
    read(account, history)

    assert sorted(known(history)) == truth(account)


def test_older_states_never_replace_newer_ones(history: HistoryFile) -> None:
    account = Account()
    account.buy(NOW - 3 * DAY)
    old = account.items[0]
    read(account, history)
    account.capture(0, NOW + 1)
    account.events.append({**account.events[0], "id": "evt_9", "data": {"object": old}})
    account.now += 10
    read(account, history)

    assert sorted(known(history)) == truth(account)


def test_more_days_read_only_what_is_older(history: HistoryFile) -> None:
    account = Account()
    for at in (NOW - 200 * DAY, NOW - 100 * DAY, NOW - 50 * DAY):
        account.buy(at)
    read(account, history, days=90)
    assert len(known(history)) == 1
    account.requests = dict.fromkeys(account.requests, 0)
    read(account, history, days=300)

    assert len(known(history)) == 3
    assert known(history, NOW - 60 * DAY) == [(NOW - 50 * DAY, True, 100)]


def test_those_of_one_second_keep_the_order_of_the_list(history: HistoryFile) -> None:
    account = Account()
    for amount in range(1, 400):
        account.buy(NOW - 60, amount)
    read(account, history)
    account.now += 30  # within the margin, so that this second is listed again
    for amount in range(400, 410):
        account.buy(NOW - 60, amount)
    read(account, history)

    assert [each[2] for each in known(history)] == list(range(1, 410))


@pytest.mark.parametrize("number", [0, 80, 700, 3000])
def test_an_estimate_is_near(number: int) -> None:
    account, chance = Account(), random.Random(2)  # noqa: S311 - as above
    for _ in range(number):
        account.buy(NOW - chance.randint(1, 90 * DAY))

    assert abs(estimate(account, [(NOW - 90 * DAY, NOW)]) - number) <= number / 5  # type: ignore[arg-type]
    assert account.requests[AUTHORIZATIONS] <= 4


HOUR = 3600


def evenly(chance: random.Random) -> int:
    return NOW - chance.randint(MARGIN + 1, 80 * DAY)


def by_day(chance: random.Random) -> int:
    return NOW - chance.randint(1, 80) * DAY + chance.randint(8 * HOUR, 18 * HOUR) - NOW % DAY


def in_the_last_hour(chance: random.Random) -> int:
    return NOW - chance.randint(MARGIN + 1, HOUR)


def in_one_hour_long_ago(chance: random.Random) -> int:
    return NOW - 40 * DAY - chance.randint(1, HOUR)


def on_a_few_days(chance: random.Random) -> int:
    return NOW - chance.choice([2, 3, 30, 60, 61, 62]) * DAY - chance.randint(1, 600)


@pytest.mark.parametrize("happen", [evenly, by_day, in_the_last_hour, in_one_hour_long_ago, on_a_few_days])
def test_few_requests_are_made_however_purchases_lie_in_time(
    history: HistoryFile, happen: Callable[[random.Random], int]
) -> None:
    account, chance = Account(), random.Random(3)  # noqa: S311 - as above
    for _ in range(2000):
        account.buy(happen(chance))
    read(account, history)

    assert account.requests[AUTHORIZATIONS] <= 2000 / 100 * 1.2 + 9  # one more finds the newest
    assert sorted(known(history)) == truth(account)


def test_names_of_merchants_are_kept_only_if_asked_for(tmp_path: Path) -> None:
    account, path = Account(), tmp_path / "purchases.history"
    account.buy(NOW - DAY)
    with open_history(path, OWNER) as history:
        read(account, history)
        assert {each.merchant for each in history.moments(0, with_merchants=True)} == {""}  # type: ignore[union-attr]
    assert b"Canary" not in path.read_bytes()


def test_moves_end_with_their_authorization(history: HistoryFile) -> None:
    account = Account()
    account.buy(NOW - DAY)
    account.capture(0, NOW - 5)
    read(account, history)
    [_, move] = history.moments(0, with_merchants=False)

    assert isinstance(move, PastMove)
    assert (move.held, move.captured, move.ends) == (-100, 100, True)
