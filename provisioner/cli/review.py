"""The steps that all writing commands share: show the plan, check guardrails, ask, apply, report."""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from provisioner.app.account import Account
from provisioner.app.apply import carry_out
from provisioner.cli.options.shared import Options, WriteOptions
from provisioner.cli.terminal.exit import DONE
from provisioner.cli.terminal.log import is_json, tell
from provisioner.cli.terminal.progress import ProgressDisplay, spell
from provisioner.cli.terminal.render import present, say_json, say_text
from provisioner.cli.terminal.signals import stoppable
from provisioner.cli.terminal.stdio import whole
from provisioner.core.model.errors import GuardrailError, ProvisionerError, StaleError
from provisioner.core.plan.document import PlanDocument, Stop, as_json
from provisioner.core.plan.guardrails import judge, still_stopped, stops, unapproved
from provisioner.core.plan.plan import Plan
from provisioner.core.plan.write_document import plan_document
from provisioner.engine.apply.execute import Outcome, Report, Result
from provisioner.engine.apply.journal import Journal, line
from provisioner.notify.notice import Highlights, tell_plan, tell_report
from provisioner.stripe_api.estimate import Remaining
from provisioner.stripe_api.rate_limit import Limits
from provisioner.views.report import report_document, report_head, report_text, result_line
from provisioner.views.values import inert

JOURNAL = Path(".provisioner/journal.jsonl")
Heard = Callable[[Callable[[], Mapping[str, Any]], Callable[[], Highlights]], None]
LONG = 5.0  # seconds
CUT = "interrupted before the result was known"


def do(
    stripe: Account,
    make: Callable[[], Plan],
    manner: WriteOptions,
    *,
    options: Options,
    dry_run: bool = False,
    shown: Sequence[Stop] = (),
    heard: Heard = lambda _document, _told: None,
) -> int:
    """
    Make a plan, ask for approval unless it was given, and apply the plan.

    `make` is called again after the approval, so that exactly the approved plan is applied. With `dry_run`,
    nothing is written. `shown` has the guardrails that blocked a saved plan when it was made. `heard` is
    called with functions that make the plan's JSON and highlights, and later those of the result. Raises
    GuardrailError, StaleError, ProvisionerError.
    """
    plan = make()
    # Guardrails are checked below; a dry run shows them as part of the plan.
    document = plan_document(stripe.kinds, plan, stops(plan, stripe.config.guardrails) if dry_run else ())
    if plan.changes:
        heard(partial(as_json, document), partial(tell_plan, document))
    if manner.format_ == "text":
        present(document, "text", color=options.color, detail=manner.detail)
    if dry_run:
        _say(Report(()), document, manner.format_, color=options.color)
        return DONE
    _judge(stripe, plan, manner, shown)
    _foretell(stripe.transport.limits, plan)
    if plan.changes and not manner.auto_approve:
        ask(_approval_target(document, options))
        reviewed, plan = plan, make()
        if (plan.fingerprint, plan.blast) != (reviewed.fingerprint, reviewed.blast):
            raise StaleError("Stripe changed after this plan was shown, so nothing was changed; plan again")
        _judge(stripe, plan, manner, shown)
    report = _carry_out(stripe, plan, document, manner.format_, color=options.color)
    if report.results:
        heard(*_news(report, document))
    return report.exit_code


def _news(
    report: Report, document: PlanDocument
) -> tuple[Callable[[], Mapping[str, Any]], Callable[[], Highlights]]:
    """Return functions that make the JSON of a result and the parts that a notice shows."""

    def tell() -> Highlights:
        head, _, _ = report_text(report, document).partition("\n")
        return tell_report(report_document(report, document), head)

    return lambda: as_json(report_document(report, document)), tell


def _judge(stripe: Account, plan: Plan, manner: WriteOptions, shown: Sequence[Stop]) -> None:
    """
    Raise a GuardrailError that names every guardrail that blocks the plan, not only the first.

    With --auto-approve, changes that raise spending need --approve if the configuration requires it.
    """
    limits = stripe.config.guardrails
    word = unapproved(plan, limits, manner.approve) if manner.auto_approve else ""
    dangers = judge(plan, limits, manner.allow)
    now = {danger.name for danger in dangers}
    before = [each.text for each in still_stopped(shown, manner.allow) if each.guardrail not in now]
    if why := [*map(str, dangers), *before, *([word] if word else [])]:
        raise GuardrailError("\n".join([*why, "Nothing was changed."]))


def _foretell(limits: Limits, plan: Plan) -> None:
    """Print the expected duration of an apply that takes more than a few seconds."""
    seconds = Remaining(limits, plan.steps).seconds()
    if seconds >= LONG:
        tell(
            f"{len(plan.steps):,} steps will take about {spell(seconds)} (at most {limits.endpoint:g} "
            f"requests/s per endpoint, {limits.total:g}/s in total)",
            steps=len(plan.steps),
            seconds=round(seconds),
        )


def ask(target: str) -> None:
    """
    Ask on the terminal whether to apply the changes that were shown.

    `target` is what would be changed, such as `acme-cards (test mode, acct_1Abc)`. Raises ProvisionerError
    unless the answer is yes.
    """
    if not sys.stdin.isatty():
        raise ProvisionerError("cannot ask for approval: stdin is not a terminal; use --auto-approve")
    question = f"\nApply these changes to {inert(target)}? Only 'yes' will be accepted to approve"
    if click.prompt(question, default="", show_default=False, err=True) != "yes":
        raise ProvisionerError("not approved; nothing was changed")


def _approval_target(document: PlanDocument, options: Options) -> str:
    """Return the project, environment, mode and account that would be changed, in words."""
    where = [options.env, f"{document.mode} mode", document.account]
    return f"{document.project} ({', '.join(filter(None, where))})"


def open_journal() -> Journal:
    """Open the journal in the current folder; raises UnsafeFileError."""
    return Journal(JOURNAL, lambda text: tell(f"Warning: {text}", level=logging.WARNING))


def _carry_out(
    stripe: Account, plan: Plan, document: PlanDocument, format_: str, *, color: bool | None
) -> Report:
    """
    Apply the plan, write each step to stderr and the journal, and print the report.

    Skipped steps appear only in the report and the journal, not on stderr.
    """
    journal = open_journal() if plan.steps else None
    rest = Remaining(stripe.transport.limits, plan.steps)
    said = ProgressDisplay("Applying", "steps", len(plan.steps), rest.seconds)
    ended: list[Result] = []
    is_said = False

    def watch(result: Result) -> None:
        ended.append(result)
        rest.ended(result.step)
        if journal:
            journal.append([line(result)])
        ids = {"id": result.id, "request_id": result.request_id}
        facts = {"outcome": str(result.outcome), **ids, "ms": round(result.seconds * 1000)}
        if result.outcome is not Outcome.SKIPPED or is_json():
            said.line(result_line(result), address=str(result.step.address), does=result.step.does, **facts)
        said.reach(len(ended))

    def last_words() -> None:
        if is_said:
            return
        known = {id(result.step) for result in ended}
        cut = [Result(s, Outcome.SKIPPED, reason=CUT) for s in plan.steps if id(s) not in known]
        _say(Report((*ended, *cut), interrupted=True), document, format_, color=color)

    with stoppable(stripe.transport.stop, last_words):
        with said:
            report = carry_out(stripe, plan, watch)
        with whole:
            _say(report, document, format_, color=color)
            is_said = True
    return report


def _say(report: Report, document: PlanDocument, format_: str, *, color: bool | None) -> None:
    if format_ == "json":
        say_json(report_document(report, document))
    elif report.results:
        head = report_head(document, datetime.now(UTC))
        say_text(f"\n{head}\n{report_text(report, document)}", color=color)
