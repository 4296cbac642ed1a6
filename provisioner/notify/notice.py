"""The notice that is sent when an apply or a drift check ends: one document for all targets."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from provisioner.core.diff.drift_document import DriftDocument
from provisioner.core.model.errors import ExitCode
from provisioner.core.model.fleet_report import FleetTotals
from provisioner.core.model.json_document import FORMAT_VERSION
from provisioner.core.plan.document import PlanDocument, as_json
from provisioner.core.schema.field import Direction
from provisioner.engine.apply.execute import Outcome
from provisioner.views.drift import drift_line, under_headings, value_lines
from provisioner.views.fleet import outcome_line, sum_line
from provisioner.views.plan.text import summary_line
from provisioner.views.report import ReportDocument, step_line
from provisioner.views.safe_markdown import clip
from provisioner.views.values import inert

Document = Mapping[str, Any]

MOST_LINES = 50
LONGEST_LINE = 300
LONGEST_SUMMARY = 300
# the outcome in the notice, and its title if there is only an error to report
OUTCOMES: Mapping[int, tuple[str, str]] = {
    ExitCode.DONE: ("done", "Done"),
    ExitCode.ERROR: ("failed", "Failed"),
    ExitCode.CHANGES: ("drift", "Drift"),
    ExitCode.GUARDRAIL: ("guardrail", "Blocked by a guardrail; nothing was changed"),
    ExitCode.STALE: ("stale", "The saved plan is stale; nothing was changed"),
    ExitCode.PARTLY: ("partly", "Partially applied"),
    ExitCode.ACCESS: ("access", "Wrong key, account or mode; nothing was changed"),
    ExitCode.INTERRUPTED: ("interrupted", "Interrupted"),
}


class NoticePlace(Struct, frozen=True):
    """The project and account of a command, as far as its configuration was read."""

    command: str
    """The command, such as `fleet apply`."""
    path: str
    """The path of the configuration."""
    env: str | None = None
    """The environment."""
    project: str | None = None
    """The project."""
    mode: str | None = None
    """`test` or `live`."""
    account: str | None = None
    """The id of the account."""
    run: str | None = None
    """The page of the CI run."""


class Highlights(Struct, frozen=True):
    """The parts of a result that a notice shows."""

    title: str = ""
    """The first line."""
    money: Sequence[Document] = ()
    """Amounts that were topped up, each with its currency."""
    final: Sequence[str] = ()
    """Addresses that changed irreversibly."""
    broadening: int = 0
    """Number of changes made in Stripe that raise spending."""
    lines: Sequence[str] = ()
    """Lines that need somebody's attention."""


def notice_document(
    place: NoticePlace, code: int, result: Document, told: Highlights, error: Document | None = None
) -> dict[str, Any]:
    """
    Return a notice as JSON values, as in `schemas/notice.schema.json`.

    `result` is the document that `--format json` prints; `error` is what it prints instead after an error.
    """
    outcome, title = OUTCOMES[code]
    lines = list(told.lines)
    summary = title = told.title or title
    if error is not None:
        said = str(error["error"]).splitlines() or [""]
        title = OUTCOMES[code][1]
        lines = [*said, *lines]
        summary = f"{title}: {said[0].strip()}"
    shown = [clip(inert(line.rstrip()), LONGEST_LINE) for line in lines[:MOST_LINES]]
    return {
        "format_version": FORMAT_VERSION,
        "command": place.command,
        "outcome": outcome,
        "exitcode": int(code),
        "title": title,
        "summary": clip(inert(summary), LONGEST_SUMMARY),
        "project": place.project,
        "mode": place.mode,
        "account": place.account,
        "path": place.path,
        "env": place.env,
        "run": place.run,
        "money": list(told.money),
        "final": list(told.final),
        "broadening": told.broadening,
        "lines": shown + ([f"and {len(lines) - MOST_LINES:,} more"] if len(lines) > MOST_LINES else []),
        "result": dict(result) if error is None else {"format_version": FORMAT_VERSION, **error},
    }


def tell_plan(plan: PlanDocument) -> Highlights:
    """Return the highlights of a plan that was not applied: its summary."""
    return Highlights(lines=[summary_line(plan)])


def tell_report(report: ReportDocument, title: str) -> Highlights:
    """Return the highlights of an apply: top-ups, cancellations, and steps that failed or were skipped."""
    done = {(each.address, each.does) for each in report.results if each.outcome is Outcome.DONE}
    money: Counter[str] = Counter()
    for change in report.changes:
        if change.money and (change.address, "top up") in done:
            money[change.money.currency] += change.money.amount
    missed = [step_line(each) for each in report.results if each.outcome is not Outcome.DONE]
    return Highlights(
        title,
        [{"currency": currency, "amount": amount} for currency, amount in sorted(money.items())],
        sorted(address for address, does in done if does in ("cancel", "delete")),
        lines=missed,
    )


def tell_drift(document: DriftDocument) -> Highlights:
    """Return the highlights of a drift check: the changes made outside of provisioner."""
    moved = [value for value in document.drift if not value.waits]
    gives = sum(value.direction is Direction.BROADENING for value in moved)
    lines = [line.removeprefix("  ") for line in under_headings(map(value_lines, moved))]
    return Highlights(drift_line(document), broadening=gives, lines=lines)


def tell_fleet(phases: Sequence[FleetTotals]) -> Highlights:
    """
    Return the highlights of the phases of a fleet: the totals of the last, and the worst accounts of
    all.
    """
    last = phases[-1]
    lines = [f"Stopped: {totals.halted}" for totals in phases if totals.halted]
    worst = (each for totals in phases for each in totals.worst if each.failed or totals is last)
    return Highlights(
        sum_line(last),
        [as_json(each) for each in last.money] if last.phase.startswith("apply") else (),
        broadening=last.counts.get("broadening", 0),
        lines=[*lines, *map(outcome_line, worst)],
    )
