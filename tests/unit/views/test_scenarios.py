"""Results of scenarios as people, programs and CI systems read them."""

import json
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace
from support.purchases import scenario

from provisioner.core.model.errors import Where
from provisioner.core.model.scenario import Course, Unsure, Verdict
from provisioner.core.purchases.result import ScenarioResult, Standing
from provisioner.views.purchases.scenarios import results_document, results_junit, results_text

DECLARED = replace(scenario(900, 2_500), where=Where("acme.yaml", 7, 3))
WHY = "the card's limit is $30.00 per month"
YES = Verdict(approved=True, reason="card_active")
NO = Verdict(approved=False, reason="spending_controls", why=WHY)
HOOK = Verdict(approved=False, reason="webhook_declined")

PASSED = ScenarioResult(DECLARED, Course(1, YES), Course(1, YES))
GENERATED = ScenarioResult(scenario(1), Course(0, YES), Course(0, YES))
FAILED = ScenarioResult(DECLARED, Course(1, NO), Course(1, replace(NO, why="")))
EARLY = ScenarioResult(DECLARED, Course(0, NO))
DISAGREED = ScenarioResult(DECLARED, Course(1, NO), Course(1, YES))
BROKEN = ScenarioResult(DECLARED, Course(1, YES), trouble="cards.ads cannot be applied: Stripe returned 400")
UNKNOWN = ScenarioResult(DECLARED, Course(1, Unsure("nobody knows")))
BY_WEBHOOK = ScenarioResult(DECLARED, Course(1, YES), Course(1, HOOK))
WAITING = replace(EARLY, simulated=Course(1, YES), remark="simulated only: Stripe's clock cannot be set")
ALL = (PASSED, GENERATED, FAILED, EARLY, DISAGREED, BROKEN, UNKNOWN, BY_WEBHOOK, WAITING)


def test_text():
    deal = "one  approved  ads: $25.00, advertising_services, US, online, after 1 earlier"

    assert results_text(ALL, "sandbox").splitlines() == [
        f"  ok         {deal}",
        f"  FAILED     {deal}",
        f"             declined (spending_controls), expected approved: {WHY}",
        f"  FAILED     {deal}",
        f"             earlier purchase 1 of 1 declined (spending_controls), expected approved: {WHY}",
        f"  DISAGREED  {deal}",
        f"             Stripe: approved; the simulator: declined (spending_controls): {WHY}",
        f"  ERROR      {deal}",
        "             cards.ads cannot be applied: Stripe returned 400",
        f"  ERROR      {deal}",
        "             nobody knows",
        f"  FAILED     {deal}",
        "             declined (webhook_declined), expected approved",
        f"  ok         {deal}",
        "             simulated only: Stripe's clock cannot be set",
        "",
        "Scenarios: 3 passed, 3 failed, 1 disagreed, 2 with errors.",
        "Run on a private sandbox and compared with the offline simulator.",
    ]


def test_columns_line_up_unless_the_terminal_is_too_narrow():
    longer = replace(PASSED, scenario=replace(DECLARED, name="a purchase of ads at night"))

    wide, narrow = (results_text([PASSED, longer], "sandbox", width).splitlines()[:2] for width in (100, 40))

    assert {line.index("approved") for line in wide} == {41}
    assert narrow[0].startswith("  ok         one  approved  ads: ")


def test_generated_ones_that_pass_are_only_counted():
    assert results_text([GENERATED], "offline") == (
        "Scenarios: 1 passed.\nSimulated offline; no request was sent to Stripe.\n"
    )


def test_document():
    document = json.loads(json.dumps(results_document(ALL, "stripe", "acme", "test")))

    assert document["summary"] == {"passed": 3, "failed": 3, "disagreed": 1, "error": 2}
    disagreed = document["scenarios"][4]
    assert (disagreed["standing"], disagreed["card"], disagreed["generated"]) == (
        "disagreed",
        "cards.ads",
        False,
    )
    assert disagreed["actual"] == {"purchase": 1, "approved": True, "reason": "card_active", "why": None}
    assert disagreed["simulated"]["why"] == WHY
    assert [one["amount"] for one in disagreed["after"]] == [900]
    assert document["scenarios"][6]["simulated"]["approved"] is None
    assert document["scenarios"][3]["actual"] is None


def test_junit():
    suites = ET.fromstring(results_junit(ALL, "acme"))  # noqa: S314 - our own

    [suite] = suites
    assert [suites.get(name) for name in ("tests", "failures", "errors")] == ["9", "4", "2"]
    first, failed = suite[0], suite[2]
    assert (first.get("classname"), first.get("file"), first.get("line")) == ("cards.ads", "acme.yaml", "7")
    assert list(first) == []
    assert failed[0].tag == "failure"
    assert failed[0].get("message").startswith("declined (spending_controls), expected approved")
    assert [case[0].tag for case in suite if len(case)].count("error") == 2


@pytest.mark.parametrize(("result", "standing"), [(BY_WEBHOOK, "failed"), (DISAGREED, "disagreed")])
def test_what_no_declaration_tells_is_no_disagreement(result, standing):
    assert result.standing is Standing(standing)
