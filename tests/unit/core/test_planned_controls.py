"""The controls that a plan leaves: for every object that ever had an address, and for grants."""

from typing import Any

from msgspec.structs import replace
from support.declare import card, config, holder
from support.stripe_model import StripeModel, carry_out

from provisioner.core.model.config import Config
from provisioner.core.model.grant import Grant
from provisioner.core.model.resource import Declared
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.core.plan.planned_controls import planned_controls
from provisioner.core.plan.selection import EVERYTHING, Selection
from provisioner.core.purchases.planned import Planned, PlannedControls
from provisioner.core.schema.in_force import in_force
from provisioner.kinds import KINDS


def limit(amount: int) -> dict[str, Any]:
    return {"spending_limits": ({"amount": amount, "interval": "monthly"},)}


def applied(*declared: Declared) -> StripeModel:
    stripe = StripeModel()
    for _ in carry_out(plan_of(stripe, *declared), stripe):
        pass
    return stripe


def plan_of(stripe: StripeModel, *declared: Declared, selection: Selection = EVERYTHING) -> Plan:
    return make_plan(KINDS, config(*declared), stripe.world(), selection)


def planned(stripe: StripeModel, *declared: Declared, **more: Any) -> Planned:
    return planned_controls(KINDS, plan_of(stripe, *declared, **more))


def only(found: Planned) -> PlannedControls:
    [each] = found.cards.values()
    return each


def amounts(found: PlannedControls) -> list[tuple[int, int]]:
    return [
        (each.since, each.fields["spending_controls"]["spending_limits"][0]["amount"])
        for each in found.timeline
    ]


BEFORE = card(spending_controls=limit(1000), metadata={"team": "growth"})


def test_a_card_has_the_declared_controls_and_its_team() -> None:
    stripe = applied(holder(), BEFORE)
    found = only(
        planned(stripe, holder(), replace(BEFORE, fields={**BEFORE.fields, "spending_controls": limit(5)}))
    )

    assert (found.address, found.team, found.retired, found.hidden) == ("cards.ads", "growth", False, False)
    assert amounts(found) == [(0, 5)]
    assert found.timeline[0].fields["status"] == "active"


def test_a_cardholder_has_them_too() -> None:
    stripe = applied(holder(), BEFORE)
    found = planned(stripe, holder(spending_controls=limit(70)), BEFORE)

    assert [(each.address, amounts(each)) for each in found.holders.values()] == [
        ("cardholders.acme", [(0, 70)])
    ]


def test_what_is_not_selected_keeps_its_controls() -> None:
    stripe = applied(holder(), BEFORE)
    lower = card(spending_controls=limit(5))

    assert amounts(only(planned(stripe, holder(), lower, selection=Selection(excludes=("cards.ads",))))) == [
        (0, 1000)
    ]


def test_a_card_that_the_plan_retires_is_marked_and_one_that_is_retired_already_is_left_out() -> None:
    stripe = applied(holder(), BEFORE)
    assert only(planned(stripe, holder())).retired
    for _ in carry_out(plan_of(stripe, holder()), stripe):
        pass

    assert planned(stripe, holder()).cards == {}


def test_a_card_that_is_replaced_shares_the_controls_of_its_successor() -> None:
    stripe = applied(holder(), BEFORE)
    after = card(spending_controls=limit(5), second_line="A")
    for _ in carry_out(plan_of(stripe, holder(), after), stripe):
        pass
    found = planned(stripe, holder(), card(spending_controls=limit(7), second_line="A"))

    assert len(stripe.objects["issuing/cards"]) == 2
    assert [amounts(each) for each in found.cards.values()] == [[(0, 7)], [(0, 7)]]


def test_a_card_that_does_not_exist_yet_has_no_past() -> None:
    assert planned(applied(holder()), holder(), BEFORE).cards == {}


def test_controls_from_outside_of_the_configuration_are_hidden() -> None:
    stripe = applied(holder(), BEFORE)
    path = "spending_controls.spending_limits"

    assert only(planned(stripe, holder(), replace(BEFORE, sensitive=frozenset({path})))).hidden


def test_a_grant_holds_in_its_time_alone() -> None:
    stripe = applied(holder(), BEFORE)
    grant = Grant("trip", frozenset({BEFORE.address}), limit(9000), until=300, begin=200)
    granted: Config = replace(config(holder(), BEFORE), grants=(grant,))
    plan = make_plan(KINDS, in_force(KINDS, granted, 250), stripe.world())

    assert amounts(only(planned_controls(KINDS, plan))) == [(0, 1000), (200, 9000), (300, 1000)]


def test_a_card_that_is_made_anew_has_stripes_default_limit() -> None:
    stripe = applied(holder(), BEFORE)
    fields = {name: value for name, value in BEFORE.fields.items() if name != "spending_controls"}
    bare = replace(BEFORE, fields={**fields, "exp_month": 1, "exp_year": 2031})

    assert amounts(only(planned(stripe, holder(), bare))) == [(0, 50_000)]
