"""A part of a plan: whole enough to be carried out by itself, and it says how much is left out."""

import pytest
from support.declare import card, config, holder
from support.stripe_model import StripeModel, carry_out

from provisioner.core.model.errors import ProvisionerError
from provisioner.core.model.resource import Declared
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.core.plan.selection import Selection
from provisioner.kinds import KINDS


@pytest.mark.parametrize(("more", "said"), [((), "1 other change"), (("b",), "2 other changes")])
def test_what_is_left_out_is_counted(more, said):
    world = StripeModel().world()
    cards = [card(name) for name in ("a", *more)]
    plan = make_plan(KINDS, config(holder(), *cards), world, Selection(targets=("cardholders.acme",)))

    assert [note.text for note in plan.notes] == [f"partial plan (--target/--exclude): {said} not included"]


NEEDED = "included, because a selected change depends on it"
BARRED = "left out, because it depends on an excluded change"


def replacing(selection: Selection) -> Plan:
    """The plan of a holder with another name, which must be replaced, and its card with it."""
    stripe = StripeModel()
    there = (holder(), card("ads"), holder("other"), card("web", cardholder="other"))
    for _ in carry_out(part(stripe, Selection(), *there), stripe):
        pass
    renamed = (holder(name="Ada Ltd"), card("ads"), holder("other", name="Bee Ltd"), there[3])
    return part(stripe, selection, *renamed)


def part(stripe: StripeModel, selection: Selection, *declared: Declared) -> Plan:
    return make_plan(KINDS, config(*declared), stripe.world(), selection)


def told(plan: Plan) -> dict[str, str]:
    return {note.address: note.text for note in plan.notes if note.text in (NEEDED, BARRED)}


def changed(plan: Plan) -> list[str]:
    return [str(change.address) for change in plan.changes]


def test_what_a_selected_change_needs_comes_along() -> None:
    plan = part(StripeModel(), Selection(("cards.ads",)), holder(), card("ads"), card("web"))

    assert changed(plan) == ["cardholders.acme", "cards.ads"]
    assert told(plan) == {"cardholders.acme": NEEDED}


def test_the_cards_of_a_replaced_holder_come_along() -> None:
    plan = replacing(Selection(("cardholders.acme",)))

    assert changed(plan) == ["cardholders.acme", "cards.ads"]
    assert told(plan) == {"cards.ads": NEEDED}


@pytest.mark.parametrize("excluded", ["cards.ads", "cardholders.acme"])
def test_what_cannot_do_without_an_excluded_change_is_left_out(excluded: str) -> None:
    plan = replacing(Selection((), (excluded,)))
    [other] = {"cards.ads", "cardholders.acme"} - {excluded}

    assert changed(plan) == ["cardholders.other", "cards.web"]
    assert told(plan) == {other: BARRED}


@pytest.mark.parametrize(
    ("given", "meant"), [("cards.adz", "cards.ads"), ("ads", "cards.ads"), ("acmee", "cardholders.acme")]
)
def test_a_target_that_matches_nothing_is_refused_with_the_nearest_address(given: str, meant: str) -> None:
    with pytest.raises(ProvisionerError, match=f"no resource matches '{given}'; did you mean '{meant}'"):
        replacing(Selection((given,)))
