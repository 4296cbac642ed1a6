"""The record of what was applied keeps up with what moved in Stripe and in the YAML without an apply."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.declare import card, config, holder
from support.depth import thorough
from support.stripe_model import StripeModel, carry_out

from provisioner.core.diff.change import Moved
from provisioner.core.diff.drift import Drift, find_drift
from provisioner.core.diff.find import find_changes
from provisioner.core.model.resource import Declared, Lifecycle
from provisioner.core.ownership.inventory import take_inventory
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.core.schema.field import Direction
from provisioner.kinds import KINDS

CARDS = "issuing/cards"


def plan_of(stripe: StripeModel, *declared: Declared) -> Plan:
    return make_plan(KINDS, config(*declared), stripe.world())


def apply(stripe: StripeModel, *declared: Declared) -> None:
    for _ in carry_out(plan_of(stripe, *declared), stripe):
        pass


def by_hand(stripe: StripeModel, **params: Any) -> None:
    stripe.change(CARDS, stripe.objects[CARDS][0]["id"], params)


def drift_of(stripe: StripeModel, *declared: Declared) -> tuple[Drift, ...]:
    wanted = config(*declared)
    surveyed = take_inventory(KINDS, wanted, stripe.world())
    found = find_changes(KINDS, wanted, stripe.world(), surveyed)
    return find_drift(KINDS, wanted, surveyed, found.changes, found.notes)


def limits(amount: int, interval: str = "monthly") -> dict[str, Any]:
    return {"spending_controls": {"spending_limits": ({"amount": amount, "interval": interval},)}}


def only(name: str, *values: str) -> dict[str, Any]:
    return {"spending_controls": {name: values}}


POWER = {
    "status": ({"status": "active"}, {"status": "inactive"}),
    "limits": (limits(900_000), limits(100)),
    "allowed": (
        only("allowed_categories", "bakeries", "taxicabs_limousines"),
        only("allowed_categories", "bakeries"),
    ),
    "blocked": (
        only("blocked_merchant_countries", "FR"),
        only("blocked_merchant_countries", "DE", "FR"),
    ),
}


@pytest.mark.parametrize(("wide", "narrow"), POWER.values(), ids=POWER)
def test_what_is_widened_again_in_stripe_is_drift_after_the_yaml_has_followed(wide: Any, narrow: Any) -> None:
    stripe = StripeModel()
    apply(stripe, holder(), card(**wide))
    by_hand(stripe, **narrow)
    followed = holder(), card(**narrow)

    first = plan_of(stripe, *followed)
    apply(stripe, *followed)
    second = plan_of(stripe, *followed)
    by_hand(stripe, **wide)
    drifts = drift_of(stripe, *followed)

    assert (first.changes, len(first.steps)) == ((), 1)
    assert second.steps == ()
    assert {(drift.moved, drift.direction) for drift in drifts} == {(Moved.LIVE, Direction.BROADENING)}


def test_the_mark_of_a_record_writes_our_metadata_alone() -> None:
    stripe = StripeModel()
    apply(stripe, holder(), card())
    by_hand(stripe, status="inactive")
    stripe.calls.clear()

    apply(stripe, holder(), card(status="inactive"))

    [call] = stripe.calls
    assert [*call.params] == ["metadata"]
    ours = ("provisioner_applied", "provisioner_lifecycle")
    assert all(name.startswith(ours) for name in call.params["metadata"])


ROWS = ({"amount": 100, "interval": "daily"}, {"amount": 900, "interval": "monthly"})


def test_another_order_of_the_same_limits_is_nothing_to_record() -> None:
    stripe = StripeModel()
    apply(stripe, holder(), card(spending_controls={"spending_limits": ROWS}))

    assert plan_of(stripe, holder(), card(spending_controls={"spending_limits": ROWS[::-1]})).changes == ()


def test_what_is_ignored_is_not_recorded() -> None:
    stripe, ignoring = StripeModel(), Lifecycle(ignore=frozenset({"status"}))
    apply(stripe, holder(), card())
    by_hand(stripe, status="inactive")

    assert plan_of(stripe, holder(), card(lifecycle=ignoring, status="inactive")).changes == ()


def test_a_new_name_of_a_holder_is_nothing_to_record_on_its_cards() -> None:
    stripe = StripeModel()
    apply(stripe, holder(), card())
    renamed = holder("acme-inc", Lifecycle(previously=("acme",))), card(cardholder="acme-inc")

    assert [change.bookkeeping for change in plan_of(stripe, *renamed).changes] == ["rename"]


STEPS: dict[str, Any] = {
    "on": {"status": "active"},
    "off": {"status": "inactive"},
    "much": limits(900_000),
    "little": limits(100),
    "daily": limits(100, "daily"),
    "named": {"metadata": {"team": "ads"}},
    "unnamed": {"metadata": {"team": "none"}},
}
CHOICE = st.lists(
    st.tuples(st.sampled_from(["yaml", "stripe", "apply"]), st.sampled_from([*STEPS])), max_size=8
)


@settings(max_examples=thorough(150))
@given(CHOICE)
@example([("stripe", "off"), ("yaml", "off")])
def test_whoever_moves_what_the_record_is_of_what_was_applied_last(steps: list[tuple[str, str]]) -> None:
    """After any history, an apply leaves nothing to do, and the next move in Stripe is Stripe's alone."""
    stripe, fields = StripeModel(), {"status": "active", **limits(500)}
    apply(stripe, holder(), card(**fields))
    for who, what in steps:
        if who == "yaml":
            fields |= STEPS[what]
        elif who == "stripe":
            by_hand(stripe, **STEPS[what])
        else:
            apply(stripe, holder(), card(**fields))
    declared = holder(), card(**fields)
    apply(stripe, *declared)

    assert plan_of(stripe, *declared).changes == ()
    for step in STEPS.values():
        by_hand(stripe, **step)
        assert {drift.moved for drift in drift_of(stripe, *declared)} <= {Moved.LIVE}
