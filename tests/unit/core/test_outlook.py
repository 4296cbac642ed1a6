"""What cards may spend before a plan and after it: told as it will be, not as it is declared."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.declare import card, config, holder
from support.depth import thorough
from support.stripe_model import StripeModel, carry_out

from provisioner.core.model.resource import Declared, Lifecycle
from provisioner.core.plan.outlook_document import Power, TeamExposure
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.kinds import KINDS

LIMITED = "spending_controls.spending_limits"


def plan_of(stripe: StripeModel, *declared: Declared) -> Plan:
    return make_plan(KINDS, config(holder(), *declared), stripe.world())


def apply(stripe: StripeModel, *declared: Declared) -> None:
    for _ in carry_out(plan_of(stripe, *declared), stripe):
        pass


def limit(amount: int) -> dict[str, Any]:
    return {"spending_limits": ({"amount": amount, "interval": "monthly"},)}


def ignoring(*paths: str) -> Lifecycle:
    return Lifecycle(ignore=frozenset(paths))


def by_hand(stripe: StripeModel, **params: Any) -> None:
    stripe.change("issuing/cards", stripe.objects["issuing/cards"][0]["id"], params)


BEFORE = card(spending_controls=limit(1000))
EDITED = {"personalization_design": "ics_1"}


@pytest.mark.parametrize(
    ("moved", "wanted", "after"),
    [
        ({}, card(spending_controls=limit(2000)), Power(2000, 0, 1)),
        ({}, card(), Power(31 * 50_000, 0, 1)),
        ({}, card(status=None, spending_controls=limit(1000)), Power(0, 0, 0)),
        (
            {"spending_controls": {"spending_limits": [{"amount": 7000, "interval": "monthly"}]}},
            card(lifecycle=ignoring(LIMITED), spending_controls=limit(1000), **EDITED),
            Power(7000, 0, 1),
        ),
        (
            {"spending_controls": {"spending_limits": [{"amount": 7000, "interval": "monthly"}]}},
            card(lifecycle=ignoring("spending_controls"), spending_controls=limit(1000), status="inactive"),
            Power(0, 0, 0),
        ),
        (
            {"status": "inactive"},
            card(lifecycle=ignoring("status"), spending_controls=limit(2000)),
            Power(0, 0, 0),
        ),
        ({}, card(spending_controls=limit(1000), second_line="A"), Power(1000, 0, 1)),
        ({}, card(second_line="A"), Power(31 * 50_000, 0, 1)),
    ],
    ids=[
        "raised",
        "limits-declared-no-more",
        "status-declared-no-more",
        "ignored-limits",
        "ignored-controls",
        "ignored-status",
        "replaced",
        "replaced-without-limits",
    ],
)
def test_after_is_what_stripe_will_have(moved: dict[str, Any], wanted: Declared, after: Power) -> None:
    stripe = StripeModel()
    apply(stripe, BEFORE)
    by_hand(stripe, **moved)

    plan = plan_of(stripe, wanted)
    assert plan.changes
    assert _powers(plan.outlook.exposure, "after") == ([after] if after.cards else [])


def test_a_card_that_is_retired_may_spend_nothing() -> None:
    stripe = StripeModel()
    apply(stripe, BEFORE)

    [row] = plan_of(stripe).outlook.exposure
    assert (row.before, row.after) == (Power(1000, 0, 1), Power(0, 0, 0))


def test_a_team_is_shown_only_where_the_yaml_names_it() -> None:
    stripe = StripeModel()
    apply(stripe, card(spending_controls=limit(1000), metadata={"team": "ads"}))
    by_hand(stripe, metadata={"team": "hush"})

    [before, after] = (
        plan_of(stripe, holder("other", metadata={"team": "ads"})).outlook.exposure,
        plan_of(stripe, holder("other", metadata={"team": "hush"})).outlook.exposure,
    )
    assert [row.team for row in before] == ["acme"]
    assert [row.team for row in after] == ["hush"]


CARDS = st.builds(
    card,
    lifecycle=st.sampled_from(
        [ignoring(), ignoring(LIMITED), ignoring("status"), ignoring("spending_controls")]
    ),
    status=st.sampled_from([None, "active", "inactive"]),
    spending_controls=st.sampled_from(
        [None, limit(1000), limit(2000), {"allowed_card_presences": ("present",)}]
    ),
)
BY_HAND = st.sampled_from(
    [
        {},
        {"status": "active"},
        {"status": "inactive"},
        {"spending_controls": {"spending_limits": [{"amount": 7, "interval": "monthly"}]}},
    ]
)


@settings(max_examples=thorough(200))
@given(CARDS, BY_HAND, CARDS)
def test_what_is_foretold_is_what_the_next_plan_finds(
    before: Declared, moved: dict[str, Any], wanted: Declared
) -> None:
    stripe = StripeModel()
    apply(stripe, before)
    by_hand(stripe, **moved)

    plan = plan_of(stripe, wanted)
    for _ in carry_out(plan, stripe):
        pass

    assert _powers(plan.outlook.exposure, "after") == _powers(
        plan_of(stripe, wanted).outlook.exposure, "before"
    )


def _powers(rows: tuple[TeamExposure, ...], side: str) -> list[Power]:
    return [power for row in rows if (power := getattr(row, side)).cards]
