"""What controls held when: the present ones, taken back through events."""

from typing import Any

import pytest

from provisioner.core.model.errors import AccessError
from provisioner.core.model.requirements import Outstanding
from provisioner.core.model.resource import ObservedFacts
from provisioner.core.model.snapshot import Observed, Snapshot
from provisioner.core.purchases.past import PastCard
from provisioner.engine.purchases.history import check_cards, past_cards, past_controls
from provisioner.engine.purchases.history_file import HistoryOwner, RecordedChange, open_history
from provisioner.engine.purchases.read_history import _change
from provisioner.kinds import KINDS

DAY = 86_400
NOW = 1_790_000_000


def limits(amount: int) -> dict[str, Any]:
    return {"spending_limits": [{"amount": amount, "interval": "daily", "categories": []}]}


def observed(amount: int) -> dict[str, Any]:
    return {"spending_limits": ({"amount": amount, "interval": "daily"},)}


def event(number: int, at: int, shown: dict[str, Any], **previous: Any) -> RecordedChange | None:
    data = {"object": {"id": "ic_1", **shown}, "previous_attributes": previous}
    return _change({"id": f"evt_{number}", "created": at, "data": data})


def change(number: int, at: int, shown: dict[str, Any], **previous: Any) -> RecordedChange:
    found = event(number, at, shown, **previous)
    assert found is not None
    return found


def held(fields: dict[str, Any], *changes: RecordedChange, horizon: int = 0) -> list[tuple[int, Any, Any]]:
    objects = {"issuing/cards": [Observed("ic_1", 0, fields)], "issuing/cardholders": []}
    found = past_controls(KINDS, Snapshot({}, {}, objects), changes, horizon)["ic_1"]
    amounts = [each.fields["spending_controls"]["spending_limits"][0]["amount"] for each in found]
    return [(each.since, each.fields.get("status"), n) for each, n in zip(found, amounts, strict=True)]


ACTIVE = {"status": "active", "spending_controls": limits(100)}


def test_without_events_the_present_controls_have_always_held() -> None:
    assert held({"status": "active", "spending_controls": observed(5)}) == [(0, "active", 5)]


def test_each_event_tells_what_was_before_it() -> None:
    first = change(1, NOW - 3 * DAY, ACTIVE, status="inactive")
    second = change(2, NOW - DAY, {**ACTIVE, "spending_controls": limits(7)}, spending_controls=limits(100))

    assert held({"status": "active", "spending_controls": observed(7)}, first, second) == [
        (0, "inactive", 100),
        (NOW - 3 * DAY, "active", 100),
        (NOW - DAY, "active", 7),
    ]


def test_where_changes_are_missing_those_known_hold_from_the_horizon_on() -> None:
    old = change(1, NOW - 90 * DAY, ACTIVE, status="inactive")
    horizon = NOW - 30 * DAY
    new = change(2, NOW - DAY, {**ACTIVE, "spending_controls": limits(7)}, spending_controls=limits(50))
    now = {"status": "active", "spending_controls": observed(7)}

    assert held(now, old, new, horizon=horizon) == [
        (0, "inactive", 100),
        (NOW - 90 * DAY, "active", 100),
        (horizon, "active", 50),
        (NOW - DAY, "active", 7),
    ]
    assert held(now, old, horizon=horizon) == [
        (0, "inactive", 100),
        (NOW - 90 * DAY, "active", 100),
        (horizon, "active", 7),
    ]


def test_of_a_changed_hash_only_the_changed_members_are_previous() -> None:
    shown = {"status": "active", "spending_controls": {**limits(7), "blocked_categories": ["a"]}}
    found = change(1, NOW, shown, spending_controls={"blocked_categories": None})

    assert found.before["spending_controls"] == {**limits(7), "blocked_categories": None}
    assert found.after["spending_controls"] == shown["spending_controls"]


def test_an_event_about_anything_else_is_not_kept() -> None:
    assert event(1, NOW, {**ACTIVE, "metadata": {"a": "b"}}, metadata={"a": "c"}) is None


def test_a_cardholder_can_be_disabled() -> None:
    facts = ObservedFacts(outstanding=Outstanding((), "under_review", ""))
    holder = Observed("ic_1", 0, {"status": "active"}, facts=facts)
    data = {"object": {"id": "ic_1", "status": "active", "requirements": {"disabled_reason": "under_review"}}}
    data["previous_attributes"] = {"requirements": {"disabled_reason": None}}
    found = _change({"id": "evt_1", "created": NOW, "data": data})
    assert found is not None
    objects = {"issuing/cards": (), "issuing/cardholders": [holder]}
    states = past_controls(KINDS, Snapshot({}, {}, objects), [found], 0)["ic_1"]

    assert [(each.since, each.disabled) for each in states] == [(0, False), (NOW, True)]


def test_a_history_with_cards_that_the_account_does_not_have_is_refused() -> None:
    fields = {"cardholder": "ich_1", "currency": "usd", "exp_month": 3, "exp_year": 2030}
    cards = past_cards(KINDS, Snapshot({}, {}, {"issuing/cards": [Observed("ic_1", 0, fields)]}))
    assert cards == {"ic_1": PastCard("ic_1", "ich_1", "usd", "", 3, 2030)}

    with open_history(None, HistoryOwner("acct_1", "test")) as history:
        history._number("ic_2")
        with pytest.raises(AccessError, match="has purchases of ic_2, a card that this account"):
            check_cards(history, cards)
        check_cards(history, {**cards, "ic_2": cards["ic_1"]})
