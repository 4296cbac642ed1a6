"""Which side has moved: Stripe, the YAML, both, or neither of them."""

from typing import Any

import pytest
from support.declare import card, config, holder
from support.stripe_model import StripeModel, carry_out

from provisioner.core.diff.drift import Drift, find_drift
from provisioner.core.diff.find import find_changes
from provisioner.core.model.resource import Declared, Lifecycle, Reissue
from provisioner.core.ownership.inventory import take_inventory
from provisioner.core.plan.plan import make_plan
from provisioner.kinds import KINDS

AMOUNT = "spending_controls.spending_limits[0].amount"
ONCE = {"lifecycle_controls": {"cancel_after": {"payment_count": 1}}}


def limit(amount: int) -> dict[str, Any]:
    return {"spending_limits": ({"amount": amount, "interval": "monthly"},)}


def applied(*declared: Declared) -> StripeModel:
    stripe = StripeModel()
    apply(stripe, *declared)
    return stripe


def apply(stripe: StripeModel, *declared: Declared) -> None:
    for _ in carry_out(make_plan(KINDS, config(*declared), stripe.world()), stripe):
        pass


def by_hand(stripe: StripeModel, resource: str, **params: Any) -> None:
    stripe.change(resource, stripe.objects[resource][0]["id"], params)


def drift(stripe: StripeModel, *declared: Declared) -> tuple[Drift, ...]:
    wanted, world = config(*declared), stripe.world()
    surveyed = take_inventory(KINDS, wanted, world)
    found = find_changes(KINDS, wanted, world, surveyed)
    return find_drift(KINDS, wanted, surveyed, found.changes, found.notes)


def told(*found: Drift) -> list[tuple[str, str, str, str]]:
    return [(str(each.address), each.path, str(each.moved), each.text) for each in found]


@pytest.mark.parametrize(
    ("live", "declared", "moved"),
    [(7000, 1000, "live"), (1000, 2000, "yaml"), (7000, 2000, "both"), (2000, 2000, "")],
)
def test_whoever_has_left_what_was_applied_has_moved(live: int, declared: int, moved: str) -> None:
    stripe = applied(holder(), card(spending_controls=limit(1000)))
    controls = {"spending_limits": [{"amount": live, "interval": "monthly"}]}
    by_hand(stripe, "issuing/cards", spending_controls=controls)

    found = drift(stripe, holder(), card(spending_controls=limit(declared)))

    expected = [("cards.ads", AMOUNT, moved, "")] if moved else []
    assert [row for row in told(*found) if row[1] == AMOUNT] == expected
    assert {str(each.direction) for each in found if each.counts} <= {"Direction.BROADENING"}


def test_a_retired_card_that_somebody_has_brought_back() -> None:
    stripe = applied(holder(), card())
    apply(stripe, holder())
    assert drift(stripe, holder()) == ()

    by_hand(stripe, "issuing/cards", status="active")

    assert ("cards.ads", "status", "live", "") in told(*drift(stripe, holder()))


def test_a_card_that_was_canceled_outside_is_told_once() -> None:
    stripe = applied(holder(), card())
    by_hand(stripe, "issuing/cards", status="canceled")

    text = "canceled outside of provisioner; the next apply will create a new card"
    assert told(*drift(stripe, holder(), card())) == [("cards.ads", "", "live", text)]


def test_a_card_that_has_ended_as_declared_and_is_asked_for_again_waits() -> None:
    stripe = applied(holder(), card(**ONCE))
    by_hand(stripe, "issuing/cards", status="canceled")
    again = card(lifecycle=Lifecycle(reissue=Reissue(1, "expired")), **ONCE)

    assert [row[2] for row in told(*drift(stripe, holder(), card(**ONCE)))] == ["ended"]
    assert told(*drift(stripe, holder(), again)) == [("cards.ads", "", "yaml", "not in Stripe yet")]


def test_a_holder_that_stripe_has_blocked_is_drift() -> None:
    stripe = applied(holder())
    by_hand(stripe, "issuing/cardholders", status="blocked")

    text = "status is blocked, which only Stripe can change"
    assert told(*drift(stripe, holder())) == [("cardholders.acme", "status", "live", text)]
