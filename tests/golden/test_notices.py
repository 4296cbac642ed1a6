"""Golden messages: `notices/<what-happened>.json` is what a webhook of Slack's kind is sent."""

import json
from pathlib import Path

import pytest
from support.plan_documents import change, document

from provisioner.core.diff.drift import Drift, Moved
from provisioner.core.diff.drift_document import drift_document
from provisioner.core.model.config import Config
from provisioner.core.model.fleet_report import AccountLine, FleetTotals
from provisioner.core.model.json_document import MovedMoney, TraceDocument
from provisioner.core.model.resource import Address
from provisioner.core.plan.call import Call, Phase, Step
from provisioner.core.schema.field import Direction
from provisioner.engine.apply.execute import Outcome, Report, Result
from provisioner.notify.notice import (
    Highlights,
    NoticePlace,
    notice_document,
    tell_drift,
    tell_fleet,
    tell_report,
)
from provisioner.notify.slack import slack_message
from provisioner.views.report import report_document

FOLDER = Path(__file__).parent / "notices"
RUN = "https://github.com/acme/cards/actions/runs/7"
HERE = NoticePlace("apply", "issuing", "prod", "acme-issuing", "live", "acct_1Abc", RUN)
PLAN = document(
    change("balance_targets.usd", "top_up", currency="usd", amount=1_500_000),
    change("cards.old", "retire"),
    change("cards.ads"),
)


def result(address: str, does: str, outcome: Outcome = Outcome.DONE, reason: str = "") -> Result:
    call = Call("issuing.cards", "update", None, {})
    return Result(Step(Phase.UPDATE, Address(*address.split(".")), does, call), outcome, reason=reason)


def told(title: str, *results: Result) -> Highlights:
    return tell_report(report_document(Report(results), PLAN), title)


CANCELED = result("cards.old", "cancel")
REFUSED = "Stripe refused: <b>`no`</b> & more (request req_1)"
ADS, LIMIT = Address("cards", "ads"), "spending_controls.spending_limits[0].amount"
DRIFT = drift_document(
    Config("acme-issuing", "test", None, {}),
    "acct_1Abc",
    [
        Drift(
            ADS,
            "ic_1",
            LIMIT,
            Moved.LIVE,
            200_000,
            900_000,
            Direction.BROADENING,
            "usd",
        )
    ],
    {(ADS, LIMIT): TraceDocument("2026-11-23T05:17:00+00:00", "evt_1", "req_1")},
    {"card": ["ic_2", "ic_3"]},
    listed=False,
)
WORST = AccountLine("apply", "acct_2", "south", 1, problems=("Stripe does not answer",))
FLEET = FleetTotals(
    phase="apply totals",
    fleet="acme",
    accounts=9,
    ended=9,
    failed=1,
    not_begun=0,
    codes={"0": 8, "1": 1},
    code=1,
    halted="1 account failed, 0 allowed",
    counts={"create": 18, "done": 24, "failed": 0, "skipped": 3},
    money=(MovedMoney("usd", 300_000), MovedMoney("gbp", 5_000)),
    ends=0,
    stopped=0,
    stopped_by=(),
    requests=90,
    seconds=2.0,
    worst=(WORST,),
)
DONE = {"format_version": "1.0"}
NOTICES = {
    "applied": (
        HERE,
        0,
        told("Applied: 2 steps done.", result("balance_targets.usd", "top up"), CANCELED),
        None,
    ),
    "applied-in-part": (
        HERE,
        5,
        told(
            "Applied in part: 1 step done, 1 failed, 1 not done.",
            result(
                "balance_targets.usd",
                "top up",
                Outcome.SKIPPED,
                "it raises spending, and another step failed",
            ),
            CANCELED,
            result("cards.ads", "update", Outcome.FAILED, REFUSED),
        ),
        None,
    ),
    "drift": (NoticePlace("drift", ".", None, "acme-issuing", "test", None, RUN), 2, tell_drift(DRIFT), None),
    "fleet": (
        NoticePlace("fleet apply", "fleet", None, "acme", "live", None, None),
        1,
        tell_fleet([FLEET]),
        None,
    ),
    "guardrail": (
        HERE,
        3,
        Highlights(lines=["Plan: 0 to create, 0 to update, 0 to replace, 9 to retire, 0 to adopt."]),
        {"error": "9 of 10 cards would be retired; name the number: --allow retired=9\nNothing was changed."},
    ),
    "wrong-key": (NoticePlace("drift", "issuing"), 7, Highlights(), {"error": "Stripe rejected the key"}),
}


@pytest.mark.parametrize("name", NOTICES)
def test_what_a_webhook_is_sent(name: str, request: pytest.FixtureRequest) -> None:
    place, code, told, error = NOTICES[name]
    file = FOLDER / f"{name}.json"
    message = json.dumps(slack_message(notice_document(place, code, DONE, told, error)), indent=2) + "\n"

    if request.config.getoption("--update-golden"):
        file.write_text(message, encoding="utf-8")
    assert message == file.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == NOTICES.keys()
