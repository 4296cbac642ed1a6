"""The two oracles: the offline simulator and the sandbox, which share nothing, answer alike."""

from itertools import combinations, product

import pytest
from hypothesis import event, given, settings
from msgspec.structs import replace
from support.depth import thorough
from support.purchases import CARD, CATEGORIES, EDGES, INTERVALS, limit, limits, scenario, world, worlds

from provisioner.app.purchases import on_stage
from provisioner.app.sandboxes import private_sandbox
from provisioner.core.purchases.generate import declared_facts
from provisioner.core.purchases.simulator import simulate

ADS, FOOD, TAXI = CATEGORIES


@pytest.fixture(scope="module")
def stage():
    with private_sandbox() as started:
        yield started


def answers(stage, declared, asked):
    """What either of the two says: at which purchase, approved or not, and why."""
    told = simulate(asked, declared_facts(CARD, declared, asked.balance))
    played = on_stage(asked, declared, stage)
    return [(one.place, one.answer.approved, one.answer.reason) for one in (told, played)]


@settings(max_examples=thorough(150))
@given(case=worlds())
def test_whatever_is_declared_and_bought(stage, case):
    told, played = answers(stage, *case)

    event(str(played))
    assert told == played


@pytest.mark.parametrize("interval", [name for name in INTERVALS if name != "per_authorization"])
def test_when_limits_begin_anew(stage, interval):
    declared = world(controls=limits(limit(100, interval)))

    for moments in sorted({pair for edge in EDGES for pair in combinations(edge, 2)}):
        first, second = (replace(scenario(60).purchase, at=moment) for moment in moments)
        told, played = answers(stage, declared, replace(scenario(60, 60), after=(first,), purchase=second))
        assert told == played, moments


@pytest.mark.parametrize("amounts", list(product((0, 1), repeat=3)), ids=str)
def test_which_payments_end_a_card(stage, amounts):
    declared = world({"lifecycle_controls": {"cancel_after": {"payment_count": 2}}})

    told, played = answers(stage, declared, scenario(*amounts, 1))

    assert told == played


@pytest.mark.parametrize("level", ["controls", "held"])
@pytest.mark.parametrize(("first", "second"), list(product(CATEGORIES, repeat=2)))
def test_which_purchases_a_limit_counts(stage, level, first, second):
    declared = world(**{"controls": limits(limit(9_000)), level: limits(limit(100, "daily", ADS, FOOD))})
    asked = scenario(60, 60)
    earlier, last = (replace(asked.purchase, category=category) for category in (first, second))

    told, played = answers(stage, declared, replace(asked, after=(earlier,), purchase=last))

    assert told == played


LISTS = [
    {f"{side}_{name}": (value,)}
    for side in ("allowed", "blocked")
    for name, value in (
        ("categories", ADS),
        ("merchant_countries", "US"),
        ("card_presences", "present"),
    )
]


@pytest.mark.parametrize("level", ["controls", "held"])
@pytest.mark.parametrize("listed", LISTS, ids=str)
def test_what_lists_let_pass(stage, level, listed):
    for category, country, method in (
        (ADS, "US", "chip"),
        (FOOD, "US", "chip"),
        (ADS, "FR", "chip"),
        *((ADS, "US", method) for method in ("contactless", "swipe", "keyed_in", "online")),
    ):
        asked = scenario(1, category=category, country=country, method=method)
        told, played = answers(stage, world(**{level: listed}), asked)
        assert told == played, asked.purchase
