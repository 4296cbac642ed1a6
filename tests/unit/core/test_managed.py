"""What is under management: what we have set is reset and watched, and what others have set is theirs."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.declare import HOLDER, card, config, holder
from support.depth import thorough
from support.stripe_model import StripeModel, carry_out

from provisioner.core.diff.adopt import adopt_one
from provisioner.core.diff.change import Moved
from provisioner.core.diff.drift import Drift, find_drift
from provisioner.core.diff.find import find_changes
from provisioner.core.model.config import Config
from provisioner.core.model.resource import Declared, Lifecycle
from provisioner.core.ownership.inventory import take_inventory
from provisioner.core.plan.order import Owner, order_steps
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.core.schema.field import Direction
from provisioner.kinds import KINDS

CARDS, HOLDERS = "issuing/cards", "issuing/cardholders"


def plan_of(stripe: StripeModel, *declared: Declared) -> Plan:
    return make_plan(KINDS, config(*declared), stripe.world())


def apply(stripe: StripeModel, *declared: Declared) -> None:
    for _ in carry_out(plan_of(stripe, *declared), stripe):
        pass


def by_hand(stripe: StripeModel, resource: str, **params: Any) -> None:
    stripe.change(resource, stripe.objects[resource][0]["id"], params)


def drift_of(stripe: StripeModel, *declared: Declared) -> tuple[Drift, ...]:
    wanted: Config = config(*declared)
    surveyed = take_inventory(KINDS, wanted, stripe.world())
    found = find_changes(KINDS, wanted, stripe.world(), surveyed)
    return find_drift(KINDS, wanted, surveyed, found.changes, found.notes)


def limit(amount: int) -> dict[str, Any]:
    return {"spending_limits": ({"amount": amount, "interval": "daily"},)}


# --- what was live before it was declared


def test_what_is_declared_no_more_does_not_hide_what_is_newly_declared() -> None:
    stripe = StripeModel()
    apply(stripe, holder(), card(status="inactive"))
    by_hand(stripe, CARDS, spending_controls={"spending_limits": [{"amount": 1000, "interval": "daily"}]})
    wanted = holder(), card(status=None, spending_controls=limit(1000))

    [change] = plan_of(stripe, *wanted).changes
    assert (change.bookkeeping, change.edits[0].after) == ("mark", ["spending_controls.spending_limits"])

    apply(stripe, *wanted)
    by_hand(stripe, CARDS, spending_controls={"spending_limits": [{"amount": 99000000, "interval": "daily"}]})
    [drift] = drift_of(stripe, *wanted)
    assert (drift.moved, drift.direction) == (Moved.LIVE, Direction.BROADENING)


def test_a_key_with_dots_is_taken_under_management_too() -> None:
    stripe = StripeModel()
    apply(stripe, holder(), card())
    by_hand(stripe, CARDS, metadata={"team.name": "ads"})
    apply(stripe, holder(), card(metadata={"team.name": "ads"}))
    apply(stripe, holder(), card())

    assert "team.name" not in stripe.objects[CARDS][0]["metadata"]


VALUES: dict[str, Any] = {
    "status": "inactive",
    "spending_controls": limit(1000),
    "metadata": {"a": "1", "b": "2"},
    "personalization_design": "ics_1",
}
OTHERS: dict[str, Any] = {
    "status": "active",
    "spending_controls": {"spending_limits": [{"amount": 7, "interval": "daily"}]},
    "metadata": {"a": "9", "b": "9"},
    "personalization_design": "ics_9",
}
NAMES = st.sets(st.sampled_from([*VALUES]))


@settings(max_examples=thorough(100))
@given(st.lists(NAMES, min_size=1, max_size=4), NAMES)
@example([{"status"}], {"spending_controls"})
def test_whatever_was_declared_before_all_that_is_applied_is_watched(
    before: list[set[str]], wanted: set[str]
) -> None:
    """Also what somebody had set by hand before it was declared, next to what is declared no more."""
    stripe = StripeModel()
    for names in before:
        apply(stripe, holder(), _card(names))
        by_hand(stripe, CARDS, **{name: VALUES[name] for name in wanted})
    apply(stripe, holder(), _card(wanted))

    by_hand(stripe, CARDS, **{name: OTHERS[name] for name in wanted})
    drifts = drift_of(stripe, holder(), _card(wanted))

    assert {drift.path.partition(".")[0] for drift in drifts} == wanted
    assert {drift.moved for drift in drifts} <= {Moved.LIVE}


def _card(names: set[str]) -> Declared:
    return card(**{"status": None, **{name: VALUES[name] for name in names}})


# --- what is left to others

IGNORING = Lifecycle(ignore=frozenset({"metadata", "spending_controls"}))
THEIRS = {
    "metadata": {"owner": "crm-42"},
    "spending_controls": {"spending_limits": [{"amount": 7, "interval": "daily"}]},
}
NAMED = {"metadata": {"owner": "none"}, "spending_controls": limit(1000)}


@pytest.mark.parametrize("status", ["active", "inactive"])
def test_what_is_ignored_before_we_set_it_is_never_ours(status: str) -> None:
    """Neither as a mark, nor by the way of an update of something else."""
    stripe = StripeModel()
    apply(stripe, holder(), card())
    by_hand(stripe, CARDS, **THEIRS)

    plan = plan_of(stripe, holder(), card(lifecycle=IGNORING, status=status, **NAMED))
    assert [edit.path for change in plan.changes for edit in change.edits] == ["status"] * (
        status != "active"
    )
    apply(stripe, holder(), card(lifecycle=IGNORING, status=status, **NAMED))
    apply(stripe, holder(), card(status=status))

    there = stripe.objects[CARDS][0]
    assert there["metadata"]["owner"] == "crm-42"
    assert there["spending_controls"] == THEIRS["spending_controls"]


def test_what_is_ignored_is_not_adopted() -> None:
    stripe = StripeModel()
    apply(stripe, holder())
    mine = card(lifecycle=IGNORING, **NAMED)
    made = stripe.create(CARDS, {**mine.fields, "cardholder": stripe.objects[HOLDERS][0]["id"], **THEIRS})
    world, wanted = stripe.world(), config(holder(), mine)
    adopted = adopt_one(
        KINDS, wanted, world, take_inventory(KINDS, wanted, world), mine.address, made["id"]
    ).changes
    for step in order_steps(KINDS, Owner("shop"), adopted):
        stripe.perform(step.call)
    apply(stripe, holder(), card())

    assert made["metadata"]["owner"] == "crm-42"
    assert made["spending_controls"] == THEIRS["spending_controls"]


# --- parts of a hash that share one digest


def address(**parts: str) -> dict[str, Any]:
    return {"billing": {"address": {**HOLDER["billing"]["address"], **parts}}}


def test_a_line_that_others_add_is_no_move_of_the_lines_beside_it() -> None:
    stripe = StripeModel()
    apply(stripe, holder())
    by_hand(stripe, HOLDERS, **address(line2="By hand"))

    [drift] = drift_of(stripe, holder(**address(city="Berkeley")))
    assert (drift.path, drift.moved) == ("billing.address.city", Moved.YAML)


def test_a_line_that_is_left_to_others_is_no_move_of_the_lines_beside_it() -> None:
    stripe, ignoring = StripeModel(), Lifecycle(ignore=frozenset({"billing.address.line2"}))
    apply(stripe, holder(lifecycle=ignoring, **address(line2="Floor 2")))
    by_hand(stripe, HOLDERS, **address(line2="By hand"))

    [drift] = drift_of(stripe, holder(lifecycle=ignoring, **address(line2="Floor 3", city="Berkeley")))
    assert (drift.path, drift.moved) == ("billing.address.city", Moved.YAML)


def test_a_line_that_is_declared_and_moved_by_hand_is_drift() -> None:
    stripe = StripeModel()
    apply(stripe, holder(**address(line2="Floor 2")))
    by_hand(stripe, HOLDERS, **address(line2="By hand"))

    [drift] = drift_of(stripe, holder(**address(line2="Floor 2")))
    assert (drift.path, drift.moved) == ("billing.address.line2", Moved.LIVE)
