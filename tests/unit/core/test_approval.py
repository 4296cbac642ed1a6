"""A saved plan is done as it was approved, or refused: no other YAML gives it another meaning."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.declare import card, config, holder
from support.depth import thorough
from support.plan_documents import saved_and_read
from support.stripe_model import StripeModel, carry_out

from provisioner.core.approval.approve import hold_to
from provisioner.core.model.config import Config
from provisioner.core.model.errors import StaleError
from provisioner.core.model.resource import Lifecycle, Reissue
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.core.plan.write_document import plan_document
from provisioner.kinds import KINDS

LIFE = st.builds(
    Lifecycle,
    on_remove=st.sampled_from(["deactivate", "cancel", "keep"]),
    reissue=st.sampled_from([None, None, Reissue(1, "lost"), Reissue(1, "expired")]),
)
LIMITS = st.sampled_from([("monthly",), ("daily",), ("daily", "monthly")]).flatmap(
    lambda intervals: st.sampled_from([1000, 2000]).map(
        lambda amount: {"spending_limits": tuple({"amount": amount, "interval": name} for name in intervals)}
    )
)
CARD = st.builds(
    card,
    lifecycle=LIFE,
    cardholder=st.sampled_from(["acme", "other"]),
    status=st.sampled_from(["active", "inactive", None]),
    metadata=st.sampled_from([None, {"a.b": "1"}, {"a.b": "2"}, {"a": "1"}]),
    second_line=st.sampled_from([None, None, "A"]),
    spending_controls=st.none() | LIMITS,
)
YAML = st.builds(
    lambda name, cards: config(holder(name=name), holder("other"), *cards),
    st.sampled_from(["Acme Inc", "Acme Inc", "Beta Inc"]),
    st.lists(CARD, max_size=1),
)


def done(plan: Plan) -> set[tuple[str, str, str | None, str]]:
    return {(str(each.address), str(each.action), each.id, each.fingerprint) for each in plan.changes}


HOLDERS = holder(), holder("other")


@settings(max_examples=thorough(300))
@given(YAML, YAML, YAML)
@example(  # a value that was declared as Stripe has it, and is declared no more: only our record would change
    config(*HOLDERS, card(status=None)),
    config(*HOLDERS, card(status="inactive")),
    config(*HOLDERS, card(status=None)),
)
def test_as_long_as_nothing_was_written_all_that_was_approved_is_done_and_nothing_else(
    before: Config, approved: Config, here: Config
) -> None:
    stripe = StripeModel()
    for _ in carry_out(make_plan(KINDS, before, stripe.world()), stripe):
        pass
    plan = make_plan(KINDS, approved, stripe.world())
    saved = saved_and_read(plan_document(KINDS, plan))

    assert done(hold_to(KINDS, plan, saved)) == done(plan)
    try:
        held = hold_to(KINDS, make_plan(KINDS, here, stripe.world()), saved)
    except StaleError:
        return
    assert done(held) == done(plan)


@settings(max_examples=thorough(300))
@given(YAML, YAML)
def test_what_was_done_is_done_and_not_stale(before: Config, approved: Config) -> None:
    stripe = StripeModel()
    for _ in carry_out(make_plan(KINDS, before, stripe.world()), stripe):
        pass
    plan = make_plan(KINDS, approved, stripe.world())
    saved = saved_and_read(plan_document(KINDS, plan))
    for _ in carry_out(plan, stripe):
        pass

    again = make_plan(KINDS, approved, stripe.world())
    assert done(hold_to(KINDS, again, saved)) == set()
