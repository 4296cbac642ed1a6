"""What an account does is bounded by what was planned for it with the whole fleet."""

import pytest
from support.declare import card, config, holder, target
from support.stripe_model import StripeModel, carry_out

from provisioner.core.model.config import Guardrails
from provisioner.core.model.errors import StaleError
from provisioner.core.model.resource import Declared
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.fleet.account import approved, ceiling_of
from provisioner.fleet.job import Ceiling
from provisioner.kinds import KINDS

LIMITS = Guardrails()


def planned(stripe: StripeModel, *declared: Declared) -> Plan:
    return make_plan(KINDS, config(*declared), stripe.world())


def test_a_top_up_that_has_grown_is_cut_to_what_was_planned() -> None:
    plan = approved(KINDS, planned(StripeModel(), target(5000)), LIMITS, Ceiling({"usd": 3000}), None)

    assert [step.call.params["amount"] for step in plan.steps] == [3000]


def test_a_top_up_that_was_not_planned_waits() -> None:
    plan = approved(
        KINDS, planned(StripeModel(), holder(), target(5000)), LIMITS, Ceiling({"eur": 9000}), None
    )

    assert [str(step.address) for step in plan.steps] == ["cardholders.acme"]


def test_more_ends_than_planned_make_it_stale() -> None:
    stripe = StripeModel()
    for _ in carry_out(planned(stripe, holder(), card("a"), card("b")), stripe):
        pass
    plan = planned(stripe, holder())

    assert approved(KINDS, plan, LIMITS, Ceiling(ends=2), None) is plan
    with pytest.raises(
        StaleError, match="2 objects would be retired or replaced, but 1 were planned; plan again"
    ):
        approved(KINDS, plan, LIMITS, Ceiling(ends=1), None)


def test_more_exposure_or_more_activations_than_planned_make_it_stale() -> None:
    """A cardholder has come by a card between the plan and its apply: the change is the same one."""
    stripe = StripeModel()
    off, on = holder(status="inactive"), holder(status="active")
    for _ in carry_out(planned(stripe, off, card("a")), stripe):
        pass
    allowed = ceiling_of(planned(stripe, on, card("a")))
    for _ in carry_out(planned(stripe, off, card("a"), card("b")), stripe):
        pass
    plan = planned(stripe, on, card("a"), card("b"))

    assert approved(KINDS, plan, LIMITS, ceiling_of(plan), None) is plan
    with pytest.raises(StaleError, match=r"added monthly exposure is \$31,000.00; \$15,500.00 was approved"):
        approved(KINDS, plan, LIMITS, allowed, None)
