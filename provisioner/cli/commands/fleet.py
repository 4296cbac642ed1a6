"""`fleet`: plan, apply, drift and status for many connected accounts."""

import gc
import json
import os
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType

import click
from msgspec import Struct
from msgspec.structs import replace

from provisioner.app.sandboxes import platform_at
from provisioner.cli.fleet_report import FleetProgress, FleetReport, report
from provisioner.cli.options.fleet import PATH, SELECT, FleetOptions, fleet_options
from provisioner.cli.options.notify import Notification, notified
from provisioner.cli.options.shared import ALLOW_FILE, APPROVE, AUTO_APPROVE, SANDBOX_STATE, named_numbers
from provisioner.cli.review import ask, open_journal
from provisioner.cli.terminal.exit import CHANGES, DONE, INTERRUPTED, exits
from provisioner.cli.terminal.signals import stoppable
from provisioner.config.text.outside import Allowed
from provisioner.core.model.errors import AccessError, GuardrailError, ProvisionerError, worst
from provisioner.core.model.json_document import FORMAT_VERSION
from provisioner.core.plan.document import as_json
from provisioner.fleet.budget import RequestBudget, budget_of, part_of, platform_rate
from provisioner.fleet.job import Ceiling, Job
from provisioner.fleet.model import Fleet, FleetAccount, FleetLimits, Selector
from provisioner.fleet.outcome import ACCESS, AccountOutcome
from provisioner.fleet.read import load_fleet
from provisioner.fleet.run import Engine, EngineLostError, run, stream
from provisioner.fleet.select import Shard, fits, labels_hint
from provisioner.fleet.totals import NAMES, Totals, judge
from provisioner.notify.notice import tell_fleet
from provisioner.stripe_api.credentials import key_for

# Python's default thresholds are too low here: each account leaves garbage, and thousands of accounts follow.
COLLECT_OFTEN = (700, 10, 10)
NOTHING: Mapping[str, int] = MappingProxyType({})


class Open(Struct, frozen=True):
    """A fleet that has been read and checked, with the engine for its jobs."""

    fleet: Fleet
    """The fleet, as its file describes it."""
    limits: FleetLimits
    """Limits of this shard."""
    stages: Sequence[Sequence[FleetAccount]]
    """The selected accounts, with the canary accounts first, if any."""
    engine: Engine
    """Runs the jobs."""
    job: Callable[[str, FleetAccount], Job]
    """Makes the job of a phase for an account."""
    report: FleetReport
    """Collects the results of the accounts."""
    stop: threading.Event
    """Once set, running jobs are finished and no others start."""
    allowed: Mapping[str, int]
    """Numbers given with --allow to exceed the fleet's guardrails."""

    @property
    def failures(self) -> int:
        """Return how many accounts may fail."""
        return self.allowed.get("failed", self.limits.failures(sum(map(len, self.stages))))

    def phase(
        self,
        name: str,
        stages: Sequence[Sequence[FleetAccount]],
        failures: int,
        make: Callable[[FleetAccount], Job] | None = None,
        also: Callable[[AccountOutcome], None] = lambda _outcome: None,
    ) -> Totals:
        """Run a phase over accounts and report it; `also` is called with each outcome, too."""
        accounts = sum(map(len, stages))
        totals = Totals(name, accounts, failures)
        progress = FleetProgress(name, accounts)

        def tell(outcome: AccountOutcome) -> None:
            also(outcome)
            progress.clear()
            self.report.outcome(outcome)
            progress.show(totals)

        try:
            with stoppable(self.stop):
                run(
                    self.engine,
                    stages,
                    make or (lambda account: self.job(name, account)),
                    totals,
                    tell,
                    self.stop,
                )
        except EngineLostError:
            progress.clear()
            self.report.phase(totals, progress.seconds)
            raise
        if name == "plan":
            totals.stopped_by = judge(totals, self.limits, self.allowed)
        progress.clear()
        self.report.phase(totals, progress.seconds)
        return totals


def choose(fleet: Fleet, select: Sequence[Selector], shard: Shard) -> list[FleetAccount]:
    """Return the selected accounts of a shard; raises ProvisionerError if no account matches `select`."""
    fitting = [account for account in fleet.accounts if not select or fits(select, account)]
    if not fitting:
        raise ProvisionerError(f"no account of {fleet.name} matches --select{labels_hint(fleet.accounts)}")
    return [account for account in fitting if shard.holds(account.id)]


def staged(fleet: Fleet, accounts: Sequence[FleetAccount]) -> list[list[FleetAccount]]:
    """Split accounts into stages: the canary accounts and the rest, or one stage without a canary."""
    canary = [account for account in accounts if fits(fleet.canary, account)]
    if not canary:
        return [list(accounts)]
    first = {account.id for account in canary}
    return [canary, [account for account in accounts if account.id not in first]]


@contextmanager
def opened(
    options: FleetOptions, approve: str | None = None, allow: Mapping[str, int] = NOTHING
) -> Iterator[Open]:
    """
    Open a fleet, after checking it and each configuration with its first account.

    Raises ConfigError, AccessError, and ProvisionerError if the engine cannot start, before anything is sent.
    """
    gc.set_threshold(*COLLECT_OFTEN)
    # Workers may run in another folder.
    allowed = Allowed(options.allow_env, tuple(map(os.path.abspath, options.allow_files)))
    policy = str(options.policy.absolute()) if options.policy else ""
    fleet = load_fleet(options.path, allowed)
    accounts = choose(fleet, options.select, options.shards)
    if options.executor == "local" and not options.sandbox:  # Workers of a cluster have their own keys.
        key_for(fleet.mode, os.environ)
    rate = platform_rate(fleet.rates, fleet.mode, options.shards, options.max_rps)
    budget = budget_of(f"provisioner-{uuid.uuid4()}", rate)
    with ExitStack() as stack:
        ids = [account.id for account in accounts]
        base = stack.enter_context(platform_at(SANDBOX_STATE, ids)) if options.sandbox else ""
        stop = threading.Event()
        engine = stack.enter_context(_engine(options, budget, stop, base))

        def job(phase: str, account: FleetAccount) -> Job:
            rate = fleet.rates.account
            return Job(
                phase, account, fleet.mode, budget, rate, base, approve, allowed=allowed, policy=policy
            )

        _check(engine, accounts, job)
        named = [(account.id, account.name) for account in accounts]
        told = stack.enter_context(report(fleet.name, options.format_, options.reports, named))
        limits = part_of(fleet.limits, options.shards)
        yield Open(fleet, limits, staged(fleet, accounts), engine, job, told, stop, allow)


def _engine(
    options: FleetOptions, budget: RequestBudget, stop: threading.Event, base: str
) -> AbstractContextManager[Engine]:
    if options.executor == "local":
        from provisioner.fleet.local import local  # noqa: PLC0415 - cold start: only the engine in use

        return local(budget, stop, base, options.at_once)
    if not options.scheduler:
        raise ProvisionerError("--executor dask needs --scheduler ADDRESS (or DASK_SCHEDULER_ADDRESS)")
    from provisioner.fleet.cluster import cluster  # noqa: PLC0415 - cold start: as above

    return cluster(options.scheduler, budget)


def _check(engine: Engine, accounts: Sequence[FleetAccount], job: Callable[[str, FleetAccount], Job]) -> None:
    """Check every configuration with its first account, on the engine; nothing is sent to Stripe."""
    first: dict[tuple[str, str | None], FleetAccount] = {}
    for account in accounts:
        first.setdefault((account.configuration, account.env), account)
    jobs = (job("check", account) for account in first.values())
    bad = [outcome for outcome in stream(engine, jobs, lambda: True) if outcome.failed]
    if bad:
        lines = [f"{outcome.account}: {text}" for outcome in bad for text in outcome.problems]
        text = "\n".join(["a configuration cannot be used; no account was contacted", *lines])
        raise AccessError(text) if all(outcome.code == ACCESS for outcome in bad) else ProvisionerError(text)


@click.group()
def command() -> None:
    """
    Plan, apply and check drift across many connected accounts.

    PATH is a fleet.yaml or its folder. The key is the platform's; workers of a cluster take it from their
    own environment. The exit code is the worst one of all accounts.
    """


def _read(phase: str, options: FleetOptions, news: Notification | None = None) -> int:
    with opened(options) as fleet:
        totals = fleet.phase(phase, fleet.stages, fleet.failures)
        if news and totals.code:
            _hear(news, fleet)
        return INTERRUPTED if fleet.stop.is_set() else totals.code


@command.command()
@fleet_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if there are changes.")
@exits
def plan(options: FleetOptions, *, detailed_exitcode: bool) -> int:
    """Show the changes that apply would make in every account; change nothing."""
    code = _read("plan", options)
    return DONE if code == CHANGES and not detailed_exitcode else code


@command.command()
@fleet_options
@notified("fleet drift")
@exits
def drift(options: FleetOptions, *, news: Notification) -> int:
    """Report changes made outside of provisioner, account by account; exit 2 if there are any."""
    return _read("drift", options, news)


@command.command()
@fleet_options
@exits
def status(options: FleetOptions) -> int:
    """Show the cards, money, drift and unapplied changes of every account."""
    return _read("status", options)


@command.command()
@fleet_options
@AUTO_APPROVE
@APPROVE
@click.option(
    "--allow",
    multiple=True,
    metavar="NAME=NUMBER",
    callback=lambda _ctx, _param, values: named_numbers(values, NAMES),
    shell_complete=lambda _ctx, _param, typed: [f"{name}=" for name in NAMES if name.startswith(typed)],
    help="Allow this run to exceed a fleet guardrail, up to NUMBER; NAME is top_up, retired or failed.",
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

    All accounts are planned first, and the fleet's guardrails check the totals. Then the accounts with
    changes are applied, each within its plan. Running the command again does only what is left.
    """
    # Whoever approves at the prompt has seen which changes raise spending.
    with opened(options, approve if auto_approve else "broadening", allow) as fleet:
        ceilings: dict[str, Ceiling] = {}

        def note(outcome: AccountOutcome) -> None:
            if outcome.code == CHANGES and outcome.ceiling:
                ceilings[outcome.account] = outcome.ceiling

        planned = fleet.phase("plan", fleet.stages, fleet.failures, also=note)
        news.at(fleet.fleet.name, fleet.fleet.mode)
        if planned.failed:
            _hear(news, fleet)
        if planned.halted or fleet.stop.is_set():
            return _code(fleet, planned)
        if planned.stopped_by:
            raise GuardrailError("\n".join(map(str, planned.stopped_by)) + "\nNothing was changed.")
        if not ceilings:
            return _code(fleet, planned)
        if not auto_approve:
            ask(f"{len(ceilings):,} accounts of {fleet.fleet.name} ({fleet.fleet.mode} mode)")
        applied = _carry_out(fleet, ceilings, fleet.failures - planned.failed)
        _hear(news, fleet)
        return _code(fleet, planned, applied)


def _hear(news: Notification, fleet: Open) -> None:
    """Set the content of the notice from the phases that have ended."""
    news.at(fleet.fleet.name, fleet.fleet.mode)
    phases = fleet.report.phases
    news.has(lambda: {"format_version": FORMAT_VERSION, **as_json(phases[-1])}, lambda: tell_fleet(phases))


def _carry_out(fleet: Open, ceilings: Mapping[str, Ceiling], failures: int) -> Totals:
    """Apply the accounts that have changes, again with the canary accounts first."""

    def make(account: FleetAccount) -> Job:
        return replace(fleet.job("apply", account), ceiling=ceilings[account.id])

    stages = [[account for account in stage if account.id in ceilings] for stage in fleet.stages]
    # The ceiling lacks what a lost worker did; the next run finds that in Stripe.
    journal = open_journal()
    return fleet.phase("apply", stages, failures, make, lambda outcome: journal.append(outcome.steps))


def _code(fleet: Open, planned: Totals, applied: Totals | None = None) -> int:
    if fleet.stop.is_set():
        return INTERRUPTED
    code = DONE if planned.code == CHANGES and not planned.halted else planned.code
    return worst(code, applied.code) if applied else code


@command.command()
@click.option("--shards", required=True, type=click.IntRange(1, 256), help="Number of shards.")
@SELECT
@ALLOW_FILE
@PATH
@exits
def matrix(path: Path, select: Sequence[Selector], shards: int, allow_files: tuple[str, ...]) -> int:
    """
    Print a CI matrix with one job per shard (for GitHub's `strategy.matrix`, or for GitLab through `jq`).

    Each job runs `provisioner fleet apply --shards ${{ matrix.shard }}` at its share of the platform's rate.
    """
    fleet = load_fleet(path, Allowed(files=allow_files))
    parts = [Shard(number, shards) for number in range(1, shards + 1)]
    counts = {part: len(choose(fleet, select, part)) for part in parts}
    include = [{"shard": str(part), "accounts": count} for part, count in counts.items() if count]
    click.echo(json.dumps({"include": include}))
    return DONE
