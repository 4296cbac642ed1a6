"""`fleet`: the same commands for many connected accounts."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from msgspec.structs import replace

from provisioner.cli.fleet_session import Open, choose, opened
from provisioner.cli.options.fleet import PATH, SELECT, FleetOptions, fleet_options
from provisioner.cli.options.notify import Notification, notified
from provisioner.cli.options.shared import ALLOW_FILE, named_numbers
from provisioner.cli.review import ask, open_journal
from provisioner.cli.terminal.exit import CHANGES, DONE, INTERRUPTED, exits
from provisioner.config.text.outside import Allowed
from provisioner.core.model.errors import GuardrailError
from provisioner.fleet.job import Ceiling, Job
from provisioner.fleet.model import FleetAccount
from provisioner.fleet.outcome import AccountOutcome, worse
from provisioner.fleet.read import load_fleet
from provisioner.fleet.select import Selector, Shard
from provisioner.fleet.totals import NAMES, Totals, totals_document
from provisioner.notify.notice import tell_fleet
from provisioner.views.version import FORMAT_VERSION


@click.group()
def command() -> None:
    """
    Plan and apply over many connected accounts.

    PATH is a fleet.yaml or the folder of one. The key is the platform's; on a cluster the workers have
    it in their own environment. The exit code is the worst of all accounts' codes.
    """


def _numbers(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, int]:
    return named_numbers(values, NAMES)


def _read(phase: str, options: FleetOptions, news: Notification | None = None) -> int:
    with opened(options) as fleet:
        totals = fleet.phase(phase, fleet.stages, fleet.failures)
        if news and totals.code:
            _hear(news, fleet, totals)
        return INTERRUPTED if fleet.stop.is_set() else totals.code


@command.command()
@fleet_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@exits
def plan(options: FleetOptions, *, detailed_exitcode: bool) -> int:
    """Show what apply would do in every account, and write nothing."""
    code = _read("plan", options)
    return DONE if code == CHANGES and not detailed_exitcode else code


@command.command()
@fleet_options
@notified("fleet drift")
@exits
def drift(options: FleetOptions, *, news: Notification) -> int:
    """Report what moved in Stripe since the last apply, account by account; exit 2 when anything did."""
    return _read("drift", options, news)


@command.command()
@fleet_options
@exits
def status(options: FleetOptions) -> int:
    """Show what every account has: cards, money, drift, and what is pending."""
    return _read("status", options)


@command.command()
@fleet_options
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option(
    "--approve",
    type=click.Choice(["broadening"]),
    help="With --auto-approve: give spending power, too, where guardrails.require_approval says so.",
)
@click.option(
    "--allow",
    multiple=True,
    metavar="NAME=NUMBER",
    callback=_numbers,
    help="Let this run pass a guardrail of the fleet, up to the number; NAME is top_up, retired or failed.",
)
@notified("fleet apply")
@exits
def apply(
    options: FleetOptions,
    *,
    auto_approve: bool,
    approve: str | None,
    allow: Mapping[str, int],
    news: Notification,
) -> int:
    """
    Make every account match its configuration.

    All accounts are planned first, and the sum is judged; then those with changes are applied, each up to
    what was planned. Run again, it does only what is left.
    """
    # a person who is asked has seen what gives spending power
    with opened(options, approve if auto_approve else "broadening", allow) as fleet:
        ceilings: dict[str, Ceiling] = {}

        def note(outcome: AccountOutcome) -> None:
            if outcome.code == CHANGES and outcome.ceiling:
                ceilings[outcome.account] = outcome.ceiling

        planned = fleet.phase("plan", fleet.stages, fleet.failures, also=note)
        news.at(fleet.fleet.name, fleet.fleet.mode)
        if planned.failed:
            _hear(news, fleet, planned)
        if planned.halted or fleet.stop.is_set():
            return _code(fleet, planned)
        if planned.stopped_by:
            raise GuardrailError("\n".join(map(str, planned.stopped_by)) + "\nNothing was written.")
        if not ceilings:
            return _code(fleet, planned)
        if not auto_approve:
            ask()
        applied = _carry_out(fleet, ceilings, fleet.failures - planned.failed)
        _hear(news, fleet, planned, applied)
        return _code(fleet, planned, applied)


def _hear(news: Notification, fleet: Open, *phases: Totals) -> None:
    news.at(fleet.fleet.name, fleet.fleet.mode)
    documents = [totals_document(totals, fleet.fleet.name, 0) for totals in phases]
    result = {name: value for name, value in documents[-1].items() if name != "seconds"}  # not measured here
    news.has({"format_version": FORMAT_VERSION, **result}, tell_fleet(documents))


def _carry_out(fleet: Open, ceilings: Mapping[str, Ceiling], failures: int) -> Totals:
    """Apply the accounts that have changes, the canary set first again."""

    def make(account: FleetAccount) -> Job:
        return replace(fleet.job("apply", account), ceiling=ceilings[account.id])

    stages = [[account for account in stage if account.id in ceilings] for stage in fleet.stages]
    # what a lost worker did is not in it; running its accounts again finds that in Stripe
    journal = open_journal()
    return fleet.phase("apply", stages, failures, make, lambda outcome: journal.append(outcome.steps))


def _code(fleet: Open, planned: Totals, applied: Totals | None = None) -> int:
    if fleet.stop.is_set():
        return INTERRUPTED
    code = DONE if planned.code == CHANGES and not planned.halted else planned.code
    return worse(code, applied.code) if applied else code


@command.command()
@click.option("--shards", required=True, type=click.IntRange(1, 256), help="Into how many parts.")
@SELECT
@ALLOW_FILE
@PATH
@exits
def matrix(path: Path, select: Sequence[Selector], shards: int, allow_files: tuple[str, ...]) -> int:
    """
    Print a CI matrix (GitHub's `strategy.matrix`, GitLab's by `jq`) with a job for every shard.

    Each job runs `provisioner fleet apply --shards ${{ matrix.shard }}` with its part of the platform's rate.
    """
    fleet = load_fleet(path, Allowed(files=allow_files))
    parts = [Shard(number, shards) for number in range(1, shards + 1)]
    counts = {part: len(choose(fleet, select, part)) for part in parts}
    include = [{"shard": str(part), "accounts": count} for part, count in counts.items() if count]
    click.echo(json.dumps({"include": include}))
    return DONE
