"""A plan names the scenarios that it turns over, and no others."""

import pytest
from msgspec.structs import replace
from support.declare import card, config, holder
from support.purchases import CATEGORIES, limit, limits, scenario
from support.stripe_model import StripeModel, carry_out

from provisioner.core.model.resource import Lifecycle
from provisioner.core.plan.plan import make_plan
from provisioner.core.plan.selection import Selection
from provisioner.kinds import KINDS

ADS, FOOD, _ = CATEGORIES
WIDE = {"spending_controls": limits(limit(1_000))}


def flips(before, after, *scenarios, selection=None):
    """The notes on scenarios of the plan that leads from one declaration to the other."""
    stripe = StripeModel()
    for _ in carry_out(make_plan(KINDS, config(*before), stripe.world()), stripe):
        pass
    wanted = replace(config(*after), scenarios=scenarios)
    plan = make_plan(KINDS, wanted, stripe.world(), *([selection] if selection else []))
    return [f"{note.address}: {note.text}" for note in plan.notes if note.address.startswith("scenarios.")]


BIG = scenario(800)


@pytest.mark.parametrize(
    ("edited", "said"),
    [
        (
            [holder(), card(spending_controls=limits(limit(500)))],
            "to declined (expected: approved; the card's limit is $5.00 per month)",
        ),
        (
            [holder(), card(status="inactive", **WIDE)],
            "to declined (expected: approved; the card is inactive)",
        ),
        (
            [holder(), card(spending_controls={**WIDE["spending_controls"], "blocked_categories": (ADS,)})],
            f"to declined (expected: approved; the card blocks the category {ADS})",
        ),
        (
            [holder(spending_controls=limits(limit(500, "daily"))), card(**WIDE)],
            "to declined (expected: approved; the cardholder's limit is $5.00 per day)",
        ),
        (
            [holder(status="inactive"), card(**WIDE)],
            "to declined (expected: approved; the cardholder is inactive)",
        ),
        (
            [holder(), card(status=None, **WIDE)],  # declared no more: reset to Stripe's default
            "to declined (expected: approved; the card is inactive)",
        ),
        (
            [holder(name="Acme Ltd"), card(spending_controls=limits(limit(500)))],  # both are replaced
            "to declined (expected: approved; the card's limit is $5.00 per month)",
        ),
        (
            [holder(), holder("other", status="inactive"), card(cardholder="other", **WIDE)],
            "to declined (expected: approved; the cardholder is inactive)",
        ),
    ],
)
def test_a_scenario_that_ends_otherwise_is_named(edited, said):
    assert flips([holder(), card(**WIDE)], edited, BIG) == [f"scenarios.one: changes from approved {said}"]


def test_a_card_that_is_made_anew_without_limits_has_stripes_default() -> None:
    before = [holder(), card(spending_controls=limits(limit(100_000)))]

    [said] = flips(before, [holder(), card(second_line="A")], scenario(60_000))

    assert said.endswith("to declined (expected: approved; the card's limit is $500.00 per day)")


@pytest.mark.parametrize(
    "edited",
    [
        [holder(), card(**WIDE)],
        [holder(), card(spending_controls=limits(limit(800)))],
        [holder(), card(spending_controls={**WIDE["spending_controls"], "blocked_categories": (FOOD,)})],
        [holder(email="new@acme.example"), card(**WIDE)],
        [holder(), card(**WIDE), card("other", status="inactive")],
        [
            holder(),
            card(
                spending_controls=limits(limit(1)),
                lifecycle=Lifecycle(ignore=frozenset({"spending_controls.spending_limits"})),
            ),
        ],
    ],
)
def test_one_that_ends_alike_is_not(edited):
    assert flips([holder(), card(**WIDE)], edited, BIG) == []


def test_raising_a_limit_flips_back():
    before, after = (card(spending_controls=limits(limit(amount))) for amount in (500, 900))

    [said] = flips([holder(), before], [holder(), after], BIG)

    assert said == (
        "scenarios.one: changes from declined to approved "
        "(expected: approved; until now, the card's limit is $5.00 per month)"
    )


def test_what_is_new_flips_nothing():
    assert flips([holder()], [holder(), card(status="inactive")], BIG) == []


def test_what_is_not_selected_flips_nothing():
    edited = [holder(email="new@acme.example"), card(spending_controls=limits(limit(500)))]

    assert flips([holder(), card(**WIDE)], edited, BIG, selection=Selection(("cardholders.*",))) == []


def test_an_earlier_purchase_that_is_declined_now_is_a_flip():
    edited = card(spending_controls=limits(limit(500)))

    [said] = flips([holder(), card(**WIDE)], [holder(), edited], scenario(600, 401, approved=False))

    assert said.startswith("scenarios.one: changes from declined to declined at earlier purchase 1 of 1")


def test_controls_from_the_environment_are_not_explained():
    hidden = replace(
        card(spending_controls=limits(limit(500))),
        sensitive=frozenset({"spending_controls.spending_limits.amount"}),
    )

    [said] = flips([holder(), card(**WIDE)], [holder(), hidden], BIG)

    assert said == "scenarios.one: changes from approved to declined (expected: approved)"
