"""Which objects that exist already become ours."""

from typing import Any

from support.declare import HOLDER, card, config, holder
from support.stripe_model import StripeModel

from provisioner.core.diff.adopt import Adoptions, adopt_all
from provisioner.core.model.resource import Address, Declared
from provisioner.core.ownership.inventory import take_inventory
from provisioner.kinds import KINDS

PLAIN = {"currency": "usd", "type": "virtual", "status": "active"}


def stranger() -> tuple[StripeModel, str]:
    """A Stripe with a cardholder that is nobody's, and its id."""
    stripe = StripeModel()
    return stripe, stripe.create("issuing/cardholders", HOLDER)["id"]


def issue(stripe: StripeModel, holder_id: str, **params: Any) -> str:
    return str(stripe.create("issuing/cards", {**PLAIN, "cardholder": holder_id, **params})["id"])


def adopted(stripe: StripeModel, *declared: Declared) -> Adoptions:
    wanted, world = config(*declared), stripe.world()
    return adopt_all(KINDS, wanted, world, take_inventory(KINDS, wanted, world))


def ids(found: Adoptions) -> list[str | None]:
    return [change.id for change in found.changes]


def test_what_has_ended_for_good_is_adopted_by_nobody() -> None:
    stripe, acme = stranger()
    issue(stripe, acme, status="canceled")

    found = adopted(stripe, holder(), card(status=None))

    assert ids(found) == [acme]
    assert found.missing == (Address("cards", "ads"),)


def test_of_several_that_fit_the_closest_is_taken() -> None:
    stripe, acme = stranger()
    issue(stripe, acme, metadata={"team": "ads"})
    closest = issue(stripe, acme)
    issue(stripe, acme, metadata={"team": "food"})

    found = adopted(stripe, holder(), card())

    assert ids(found) == [acme, closest]
    assert found.unclear == ()


def test_a_holder_is_known_by_its_name_and_a_card_by_all_that_is_declared() -> None:
    stripe = StripeModel()
    acme = stripe.create("issuing/cardholders", {**HOLDER, "status": "inactive"})["id"]
    issue(stripe, acme)

    found = adopted(
        stripe, holder(status="active"), card(spending_controls={"blocked_categories": ("caterers",)})
    )

    assert ids(found) == [acme]
    assert found.missing == (Address("cards", "ads"),)
