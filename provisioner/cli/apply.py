"""`apply`: plan, ask, do, report."""

import json
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from provisioner.cli.exits import DONE, ERROR, INTERRUPTED, PARTLY, exits
from provisioner.cli.options import Options, allow_option, part_options
from provisioner.cli.paint import paint, wants_colour
from provisioner.cli.saved import is_saved, options_of, read
from provisioner.cli.session import Session, session
from provisioner.core.approval import hold_to
from provisioner.core.guard import judge
from provisioner.core.plan import Plan
from provisioner.core.problem import GuardrailError, ProvisionerError, StaleError
from provisioner.core.select import Selection
from provisioner.engine.execute import Outcome, Report, Result, execute
from provisioner.engine.journal import journal
from provisioner.kinds import KINDS
from provisioner.views.document import plan_document
from provisioner.views.report import report_document, report_text, result_line
from provisioner.views.text import plan_text

JOURNAL = Path(".provisioner/journal.jsonl")


@click.command()
@part_options
@allow_option
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to report."
)
@exits
def command(
    options: Options,
    *,
    allow: Mapping[str, int],
    auto_approve: bool,
    format_: str,
) -> int:
    """
    Make Stripe match the configuration at PATH.

    PATH may be a plan that was saved with `plan --out`; then only what was approved is done.
    """
    saved = read(options.path) if is_saved(options.path) else None
    if saved:
        options = options_of(saved, options)
    with session(options) as stripe:
        plan = planned(stripe, options, saved)
        document = plan_document(plan)
        if format_ == "text":
            click.echo(paint(plan_text(document), colour=wants_colour(options.color)), nl=False)
        guard(stripe, plan, allow)
        if plan.changes and not auto_approve and not saved:
            ask()
            plan = unmoved(planned(stripe, options, None), plan)
            guard(stripe, plan, allow)
        report = carry_out(stripe, plan)
    say(report, document, format_)
    return exit_code(report)


def planned(stripe: Session, options: Options, saved: Mapping[str, Any] | None) -> Plan:
    """Plan on live data; with a saved plan, what is left of it (raises StaleError where it has moved)."""
    plan = stripe.plan(Selection(options.targets, options.excludes))
    return hold_to(KINDS, plan, saved) if saved else plan


def guard(stripe: Session, plan: Plan, allow: Mapping[str, int]) -> None:
    """Judge the plan; raises GuardrailError, which says what number would let it pass."""
    if dangers := judge(plan, stripe.config.guardrails, allow):
        raise GuardrailError("\n".join(str(danger) for danger in dangers) + "\nNothing was written.")


def ask() -> None:
    """Ask for a yes on the terminal; raises ProvisionerError without a terminal or without a yes."""
    if not sys.stdin.isatty():
        raise ProvisionerError("there is no terminal to ask on; add --auto-approve to apply without asking")
    question = "\nApply these changes? Only 'yes' is accepted"
    if click.prompt(question, default="", show_default=False, err=True) != "yes":
        raise ProvisionerError("not approved; nothing was written")


def unmoved(plan: Plan, shown: Plan) -> Plan:
    """What is approved is what is done: raises StaleError when Stripe has moved while the person thought."""
    if plan.fingerprint != shown.fingerprint:
        raise StaleError("Stripe has changed since this plan was shown; nothing was written, plan again")
    return plan


def carry_out(stripe: Session, plan: Plan) -> Report:
    """Execute the plan, telling of each step on stderr and in the journal."""
    record = journal(JOURNAL, lambda text: click.echo(f"Warning: {text}", err=True))

    def watch(result: Result) -> None:
        record(result)
        click.echo(result_line(result), err=True)

    with _stoppable() as stop:
        return execute(plan, stripe.writer, watch, stop)


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set: calls under way are finished, no other is begun."""
    stop = threading.Event()

    def ask(_number: int, _frame: object) -> None:
        if not stop.is_set():
            click.echo("Stopping: the calls under way are finished first.", err=True)
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def say(report: Report, document: Mapping[str, Any], format_: str) -> None:
    """Print how it ended."""
    if format_ == "json":
        click.echo(json.dumps(report_document(report, document), indent=2))
    elif report.results:
        click.echo("\n" + report_text(report), nl=False)


def exit_code(report: Report) -> int:
    """0 when all was done, 130 when interrupted, 5 when some of it was, 1 when nothing was."""
    if report.complete:
        return DONE
    if report.interrupted:
        return INTERRUPTED
    return PARTLY if report.of(Outcome.DONE) else ERROR
