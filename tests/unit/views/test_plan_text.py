"""What people read: nothing in it can move a cursor, and it says what it is about in Terraform's words."""

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.declare import card, config, holder, target
from support.stripe_model import StripeModel, carry_out

from provisioner.core.model.errors import AccessError, ProvisionerError, StaleError, StripeError
from provisioner.core.plan.plan import make_plan
from provisioner.core.plan.write_document import plan_document
from provisioner.engine.apply.execute import execute
from provisioner.kinds import KINDS
from provisioner.views.plan.text import NO_CHANGES, plan_text
from provisioner.views.report import report_document, report_text


def text_of(*wanted: Any, before: Any = ()) -> str:
    stripe = StripeModel()
    if before:
        for _ in carry_out(make_plan(KINDS, config(*before), stripe.world()), stripe):
            pass
    return plan_text(plan_document(KINDS, make_plan(KINDS, config(*wanted), stripe.world())))


def test_a_plan_opens_with_its_place_and_its_blast_radius_and_ends_in_its_summary() -> None:
    lines = text_of(holder(), card(), target(30000)).splitlines()

    assert lines[0].startswith("Project ")
    assert lines[2] == "Blast radius"
    assert (
        lines[-1] == "Plan: 2 to create, 0 to update, 0 to replace, 0 to retire, 0 to import; top up $300.00."
    )


def test_no_changes_is_one_sentence_after_the_place() -> None:
    place, empty, *said = text_of(holder(), before=[holder()]).splitlines()

    assert place.startswith("Project ")
    assert empty == ""
    assert said == [NO_CHANGES] == ["No changes. Stripe matches the configuration."]


@given(st.text(min_size=1, max_size=20))
def test_law_7_no_value_can_move_the_cursor_or_colour_the_screen(value: str) -> None:
    text = text_of(holder(metadata={"note": value}))

    assert all(character.isprintable() or character == "\n" for character in text)
    assert text.count("Plan:") == 1 + value.count("Plan:")


def test_law_7_personal_values_stand_in_no_view() -> None:
    wanted = holder(email="jenny@example.com", phone_number="+18008675309", name="Jenny Rosen")
    stripe = StripeModel()
    plan = make_plan(KINDS, config(wanted), stripe.world())
    document = plan_document(KINDS, plan)
    report = execute(plan, stripe, lambda _result: None, threading.Event())

    for shown in (
        str(document),
        plan_text(document),
        report_text(report, document),
        str(report_document(report, document)),
    ):
        assert not any(value in shown for value in ("jenny@example.com", "8675309", "Jenny", "94111"))


def test_the_end_says_what_was_not_done_and_what_to_do() -> None:
    stripe = StripeModel()
    plan = make_plan(KINDS, config(holder(), card()), stripe.world())

    def refuse(_call: Any) -> Any:
        raise StripeError("Stripe says no", request_id="req_7")

    stripe.perform = refuse  # type: ignore[method-assign]
    report = execute(plan, stripe, lambda _result: None, threading.Event())
    text = report_text(report, plan_document(KINDS, plan))

    assert text.startswith("Apply failed, and nothing was changed: 1 failed, 1 skipped.")
    assert "cardholders.acme: FAILED to create: Stripe says no (request req_7)" in text
    assert "cards.ads: skipped (create): cardholders.acme failed" in text
    assert "Rerun the same command to finish" in text


@pytest.mark.parametrize(
    ("error", "lasts"),
    [
        (StripeError("no", status=400, code="parameter_invalid"), True),
        (StripeError("no", status=404, code="resource_missing"), True),
        (AccessError("the key is missing a permission"), True),
        (StripeError("no", status=400, code="idempotency_error"), False),
        (StripeError("no", status=409, code="lock_timeout"), False),
        (StripeError("no", status=429, code="rate_limit"), False),
        (StripeError("no", status=500, code="api_error"), False),
        (StripeError("no"), False),
        (StaleError("another run has just created it"), False),
    ],
)
def test_the_end_says_whether_running_again_is_enough(error: ProvisionerError, lasts: bool) -> None:
    stripe = StripeModel()
    plan = make_plan(KINDS, config(holder()), stripe.world())

    def refuse(_call: Any) -> Any:
        raise error

    stripe.perform = refuse  # type: ignore[method-assign]
    report = execute(plan, stripe, lambda _result: None, threading.Event())
    *_, last = report_text(report, plan_document(KINDS, plan)).splitlines()

    assert last.startswith("Stripe rejected this request. Fix the cause and rerun;") == lasts
    assert last.startswith("Rerun the same command to finish;") != lasts
