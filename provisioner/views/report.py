"""Formats the report of an apply as text and as JSON values."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict

from provisioner.core.model.money import show_money
from provisioner.core.plan.document import PlanDocument
from provisioner.engine.apply.execute import Outcome, Report, Result
from provisioner.views.values import CHANGED, RECORDED, inert, listed, show_place

VERBS = {  # for each step, in words: what it does, and what it has done
    "create": ("create", "created"),
    "update": ("update", "updated"),
    "rename": ("rename", "renamed"),
    "mark": ("update ownership metadata", "ownership metadata updated"),
    "adopt": ("import", "imported"),
    "tighten": ("tighten", "tightened"),
    "activate": ("activate", "activated"),
    "hand over": ("hand over its secret", "its secret handed over"),
    "deactivate": ("deactivate", "deactivated"),
    "cancel": ("cancel", "canceled"),
    "delete": ("delete", "deleted"),
    "top up": ("top up", "topped up"),
}

AGAIN = "Rerun the same command to finish; completed changes are not repeated.\n"
REJECTED = "Stripe rejected this request. Fix the cause and rerun; completed changes are not repeated.\n"


def result_line(result: Result) -> str:
    """Format the result of one step as a line."""
    return step_line(step_document(result))


def step_line(step: "StepDocument") -> str:
    """Format a step: `cards.ads: created (ic_1)`, or why it failed or was skipped."""
    does, done = VERBS[step.does]
    if step.outcome is Outcome.DONE:
        return f"{step.address}: {done} ({step.id or ''})"
    if step.outcome is Outcome.FAILED:
        return f"{step.address}: FAILED to {does}: {step.reason or ''}"
    return f"{step.address}: skipped ({does}): {step.reason or ''}"


def report_head(plan: PlanDocument, at: datetime) -> str:
    """Format the lines that a ticket needs: project, environment, mode and account; plan and time."""
    place = show_place(plan.project, plan.environment, plan.mode, plan.account)
    return f"{place}\nPlan {plan.fingerprint[:19]}, {at:%Y-%m-%d %H:%M} UTC"


def report_text(report: Report, plan: PlanDocument) -> str:
    """Format the end of an apply: counts, the steps that were not done, and what to do next."""
    if report.complete:
        return f"Apply complete: {'; '.join(_counts(report, plan, every=True))}.\n"
    missed = {r.step.address for r in report.results if r.outcome is not Outcome.DONE}
    # together with the completed steps of the same address, such as the new card of a replacement
    lines = [result_line(r) for r in report.results if r.step.address in missed]
    head = (
        "interrupted"
        if report.interrupted
        else "incomplete"
        if report.in_part
        else "failed, and nothing was changed"
    )
    return (
        f"Apply {head}: {'; '.join(_counts(report, plan, every=False))}.\n"
        + "".join(f"  {line}\n" for line in lines)
        + (REJECTED if any(result.lasting for result in report.results) else AGAIN)
    )


def _counts(report: Report, plan: PlanDocument, *, every: bool) -> Iterator[str]:
    """
    Return the counts in the plan's terms: completed changes, top-ups, and changes that were not
    completed.
    """
    outcomes: dict[str, set[Outcome]] = {}
    for result in report.results:
        outcomes.setdefault(str(result.step.address), set()).add(result.outcome)
    done, missed, money = Counter[str](), Counter[str](), Counter[str]()
    for change in plan.changes:
        seen = outcomes.get(change.address, set())
        if left := seen - {Outcome.DONE}:
            missed["failed" if Outcome.FAILED in left else "skipped"] += 1
        elif change.money:
            money[change.money.currency] += change.money.amount
        else:
            done[change.counted_as] += 1
    said = {name: word for name, word in CHANGED.items() if every or done[name]}
    said |= {name: word for name, word in RECORDED.items() if done[name]}
    if said:
        yield ", ".join(f"{done[name]} {word}" for name, word in said.items())
    if money:
        yield f"topped up {inert(listed([show_money(money[each], each) for each in money]))}"
    yield from filter(
        None, [", ".join(f"{missed[name]} {name}" for name in ("failed", "skipped") if missed[name])]
    )


class StepDocument(Struct, frozen=True, kw_only=True):
    """The outcome of one step."""

    address: str
    """Section and name in the configuration."""
    does: str
    """The action of the step."""
    outcome: Outcome
    """The outcome: done, failed, or skipped (not started)."""
    id: str | None
    """The id of the object that was written."""
    request_id: str | None
    """Stripe's id of the last request for this step."""
    reason: str | None
    """The reason why the step was not done; null if it was done."""


class ReportDocument(PlanDocument, frozen=True, kw_only=True):
    """The report of an apply: the plan's document, with the outcome of each step."""

    complete: bool
    """True if every step was done."""
    interrupted: bool
    """True if Ctrl-C or SIGTERM ended the apply."""
    results: tuple[StepDocument, ...]
    """One entry per step, in the order in which they ended."""


def report_document(report: Report, plan: PlanDocument) -> ReportDocument:
    """Return the report of an apply as its JSON document."""
    return ReportDocument(
        **asdict(plan),
        complete=report.complete,
        interrupted=report.interrupted,
        results=tuple(map(step_document, report.results)),
    )


def step_document(result: Result) -> StepDocument:
    """Return the outcome of one step as its JSON document."""
    return StepDocument(
        address=str(result.step.address),
        does=result.step.does,
        outcome=result.outcome,
        id=result.id or None,
        request_id=result.request_id or None,
        reason=result.reason or None,
    )
