"""What an apply did, as text and as JSON values."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict

from provisioner.core.plan.document import PlanDocument
from provisioner.engine.apply.execute import Outcome, Report, Result
from provisioner.views.values import count

VERBS = {
    "create": "created",
    "update": "updated",
    "rename": "renamed",
    "mark": "marked",
    "adopt": "adopted",
    "tighten": "tightened",
    "activate": "activated",
    "deactivate": "deactivated",
    "cancel": "canceled",
    "top up": "topped up",
}


AGAIN = "Running the same command again finishes what is left; nothing is done twice.\n"
REFUSED = (
    "Stripe refuses this as it stands; mend it, then run the same command again: it finishes what is left, "
    "and nothing is done twice.\n"
)


def result_line(result: Result) -> str:
    """One line for one step that has ended."""
    step = result.step
    if result.outcome is Outcome.DONE:
        return f"{step.address}: {VERBS[step.does]} ({result.id})"
    if result.outcome is Outcome.FAILED:
        return f"{step.address}: FAILED to {step.does}: {result.reason}"
    return f"{step.address}: not done ({step.does}): {result.reason}"


def report_head(plan: PlanDocument, at: datetime) -> str:
    """Where and when it was, as a ticket wants it: project, mode, account, plan, time."""
    place = f"Project {plan.project}, {plan.mode} mode, account {plan.account or 'unknown'}"
    return f"{place}, plan {plan.fingerprint[:19]}, {at:%Y-%m-%d %H:%M} UTC"


def report_text(report: Report) -> str:
    """The end of an apply: what was done, what not, and what to do next."""
    counts = {outcome: len(report.of(outcome)) for outcome in Outcome}
    done = count(counts[Outcome.DONE], "step")
    if report.complete:
        return f"Applied: {done} done.\n"
    missed = [result_line(r) for r in report.results if r.outcome is not Outcome.DONE]
    head = "Interrupted" if report.interrupted else "Applied in part" if report.in_part else "Nothing applied"
    return (
        f"{head}: {done} done, {counts[Outcome.FAILED]} failed, {counts[Outcome.SKIPPED]} not done.\n"
        + "".join(f"  {line}\n" for line in missed)
        + (REFUSED if any(result.lasting for result in report.results) else AGAIN)
    )


class StepDocument(Struct, frozen=True, kw_only=True):
    """What became of one step."""

    address: str
    """Section and name in the YAML."""
    does: str
    """The step."""
    outcome: Outcome
    """skipped: not begun."""
    id: str | None
    """The object that was written."""
    request_id: str | None
    """Stripe's id of the last request that was made for it."""
    reason: str | None
    """Why it was not done."""


class ReportDocument(PlanDocument, frozen=True, kw_only=True):
    """The plan's document, and what became of each of its steps."""

    complete: bool
    """Whether every step was done."""
    interrupted: bool
    """Whether Ctrl-C or SIGTERM ended it."""
    results: tuple[StepDocument, ...]
    """One entry a step, in the order in which they ended."""


def report_document(report: Report, plan: PlanDocument) -> ReportDocument:
    """Write what an apply did as its document."""
    return ReportDocument(
        **asdict(plan),
        complete=report.complete,
        interrupted=report.interrupted,
        results=tuple(
            StepDocument(
                address=str(r.step.address),
                does=r.step.does,
                outcome=r.outcome,
                id=r.id or None,
                request_id=r.request_id or None,
                reason=r.reason or None,
            )
            for r in report.results
        ),
    )
