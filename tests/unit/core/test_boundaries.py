"""Generated purchases: at and just over each limit, on and off each list."""

import pytest
from hypothesis import given, settings
from msgspec.structs import replace
from support.depth import thorough
from support.purchases import CARD, CATEGORIES, limit, limits, world, worlds

from provisioner.core.model.resource import Declared
from provisioner.core.model.scenario import Unsure
from provisioner.core.purchases.generate import Choices, allowed_purchase, boundaries, declared_facts
from provisioner.core.purchases.simulator import simulate

CHOICES = Choices(CATEGORIES)
ADS, FOOD, TAXI = CATEGORIES


def made(declared):
    return list(boundaries(declared, CHOICES, "cards"))


def gist(scenario):
    words = scenario.name.removeprefix("ads: ")
    return words, [one.amount for one in scenario.purchases], scenario.approved


def test_a_card_with_one_limit_and_one_category():
    declared = world(controls={"allowed_categories": (FOOD,), **limits(limit(2_500_000))})

    assert [gist(one) for one in made(declared)] == [
        ("an allowed purchase", [100], True),
        (f"blocked category {ADS}", [100], False),
        ("at the card's $25,000.00 per month", [1_000_000, 1_000_000, 500_000], True),
        ("$0.01 over the card's $25,000.00 per month", [1_000_000, 1_000_000, 500_001], False),
        ("at the $10,000.00 per purchase that Stripe allows", [1_000_000], True),
        ("$0.01 over the $10,000.00 per purchase that Stripe allows", [1_000_001], False),
    ]
    assert {one.purchase.category for one in made(declared) if one.approved} == {FOOD}


def test_a_limit_behind_a_tighter_one_is_reached_over_days():
    declared = world(controls=limits(limit(100, "daily"), limit(250, "monthly")))

    at, over = (one for one in made(declared) if "per month" in one.name)

    assert [one.amount for one in at.purchases] == [100, 100, 50]
    assert [one.amount for one in over.purchases] == [100, 100, 51]
    days = [one.at // 86_400 for one in at.purchases]
    assert days == [days[0], days[0] + 1, days[0] + 2]


def test_a_limit_that_cannot_be_reached_has_no_scenario():
    declared = world(
        controls=limits(limit(1, "daily"), limit(250, "monthly"), limit(50, "per_authorization"))
    )

    assert [words for words, _, _ in map(gist, made(declared))] == [
        "at the card's $0.01 per day",
        "$0.01 over the card's $0.01 per day",
    ]


def test_limits_by_category_are_tried_in_theirs():
    declared = world(
        controls=limits(limit(900), limit(200, "weekly", FOOD, TAXI)), held={"blocked_categories": (FOOD,)}
    )

    names = [one.name for one in made(declared)]

    assert f"ads: at the card's $2.00 per week for {TAXI}" in names
    assert f"ads: blocked category {FOOD}" in names


@pytest.mark.parametrize(
    ("card", "holder", "reason"),
    [
        ({"status": "inactive"}, {}, "card_inactive"),
        ({}, {"status": "inactive"}, "cardholder_inactive"),
        ({}, {"type": "individual"}, "cardholder_verification_required"),
    ],
)
def test_a_card_that_stands_still_declines(card, holder, reason):
    [only] = made(world(card, holder))

    assert (only.approved, only.reason) == (False, reason)


def test_lists_that_leave_nothing():
    declared = world(controls={"allowed_categories": (FOOD,)}, held={"blocked_categories": (FOOD,)})

    [only] = made(declared)

    assert gist(only) == ("its lists allow no purchase", [100], False)
    assert allowed_purchase(declared_facts(CARD, declared), CHOICES) is None


def test_a_card_that_ends_itself():
    ends = {"lifecycle_controls": {"cancel_after": {"payment_count": 2}}}
    declared = world(ends, controls=limits(limit(2_100_000), limit(900, "daily", FOOD)))

    names = {gist(one)[0]: one for one in made(declared)}

    assert "at the card's $21,000.00 per month" not in names  # takes three payments
    assert (names["after 2 payments"].reason, len(names["after 2 payments"].after)) == ("card_canceled", 2)


def test_controls_from_the_environment_are_not_shown():
    declared = world(controls=limits(limit(777)))
    hidden = frozenset({"spending_controls.spending_limits.amount"})

    assert made(declared | {CARD: Declared(CARD, declared[CARD].fields, sensitive=hidden)}) == []


@settings(max_examples=thorough(100))
@given(case=worlds())
def test_the_simulator_answers_as_each_was_made_to_be_answered(case):
    declared, _ = case
    card = declared[CARD]
    plain = {name: value for name, value in card.fields.items() if not name.startswith("exp_")}
    declared |= {CARD: replace(card, fields=plain)}

    for scenario in made(declared):
        course = simulate(scenario, declared_facts(CARD, declared))
        assert not isinstance(course.answer, Unsure)
        assert course.fulfils(scenario), (scenario, course)
