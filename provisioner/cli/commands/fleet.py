"""`fleet`: the same commands for many connected accounts, chosen, planned and applied on an engine."""

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

from provisioner.app.sandboxes import sandbox_at
from provisioner.cli.fleet_report import FleetProgress, FleetReport, report
from provisioner.cli.options.fleet import PATH, SELECT, FleetOptions, fleet_options
from provisioner.cli.options.notify import Notification, notified
from provisioner.cli.options.shared import ALLOW_FILE, APPROVE, AUTO_APPROVE, SANDBOX_STATE, named_numbers
from provisioner.cli.review import ask, open_journal
from provisioner.cli.terminal.exit import CHANGES, DONE, INTERRUPTED, exits
from provisioner.cli.terminal.signals import stoppable
from provisioner.config.text.outside import Allowed
from provisioner.core.model.errors import AccessError, GuardrailError, ProvisionerError
from provisioner.core.model.json_document import FORMAT_VERSION
from provisioner.core.plan.document import as_json
from provisioner.fleet.budget import RequestBudget, budget_of, part_of, platform_rate
from provisioner.fleet.job import Ceiling, Job
from provisioner.fleet.model import Fleet, FleetAccount, FleetLimits, Selector
from provisioner.fleet.outcome import ACCESS, AccountOutcome, worse
from provisioner.fleet.read import load_fleet
from provisioner.fleet.run import Engine, EngineLostError, run, stream
from provisioner.fleet.select import Shard, fits
from provisioner.fleet.totals import NAMES, Totals, judge, totals_document
from provisioner.net.sandbox_control import control
from provisioner.notify.notice import tell_fleet

# Each account leaves its own garbage, and thousands come after it: Python's own thresholds.
COLLECT_OFTEN = (700, 10, 10)
NOTHING: Mapping[str, int] = MappingProxyType({})
CHUNK = 500  # accounts that the sandbox is asked to connect at a time


class Open(Struct, frozen=True):
    """
    A fleet with an engine; `stages` are the chosen accounts, the canary set first where there is one.

    `allowed` are the numbers that a person has named to pass its limits.
    """

    fleet: Fleet
    limits: FleetLimits
    stages: Sequence[Sequence[FleetAccount]]
    engine: Engine
    job: Callable[[str, FleetAccount], Job]
    report: FleetReport
    stop: threading.Event
    allowed: Mapping[str, int]

    @property
    def failures(self) -> int:
        """How many accounts may fail."""
        return self.allowed.get("failed", self.limits.failures(sum(map(len, self.stages))))

    def phase(
        self,
        name: str,
        stages: Sequence[Sequence[FleetAccount]],
        failures: int,
        make: Callable[[FleetAccount], Job] | None = None,
        also: Callable[[AccountOutcome], None] = lambda _outcome: None,
    ) -> Totals:
        """Run a phase over accounts and report it; `also` is told of each outcome as well."""
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
    """The accounts that are asked for; raises ProvisionerError when no account of the fleet fits `select`."""
    fitting = [account for account in fleet.accounts if not select or fits(select, account)]
    if not fitting:
        labels = sorted({f"{name}={value}" for each in fleet.accounts for name, value in each.labels.items()})
        known = f"; labels are {', '.join(labels[:12])}{' ...' if len(labels) > 12 else ''}" if labels else ""  # noqa: PLR2004
        raise ProvisionerError(f"no account of {fleet.name} fits --select{known}")
    return [account for account in fitting if shard.holds(account.id)]


def staged(fleet: Fleet, accounts: Sequence[FleetAccount]) -> list[list[FleetAccount]]:
    """The canary set and the rest; just the accounts without a canary set."""
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
    Open a fleet: nothing is sent before it is sound, and each configuration with its first account.

    Raises ConfigError, AccessError, and ProvisionerError where the engine cannot be had.
    """
    gc.set_threshold(*COLLECT_OFTEN)
    # workers may have another current folder
    allowed = Allowed(options.allow_env, tuple(map(os.path.abspath, options.allow_files)))
    policy = str(options.policy.absolute()) if options.policy else ""
    fleet = load_fleet(options.path, allowed)
    accounts = choose(fleet, options.select, options.shards)
    rate = platform_rate(fleet.rates, fleet.mode, options.shards, options.max_rps)
    budget = budget_of(f"provisioner-{uuid.uuid4()}", rate)
    with ExitStack() as stack:
        base = stack.enter_context(sandbox_at(SANDBOX_STATE)) if options.sandbox else ""
        ids = [account.id for account in accounts] if base else []
        for start in range(0, len(ids), CHUNK):  # the sandbox is to know them, as Stripe does
            control(base, "accounts", {"ids": ids[start : start + CHUNK]})
        stop = threading.Event()
        engine = stack.enter_context(_engine(options, budget, stop, base))

        def job(phase: str, account: FleetAccount) -> Job:
            rate = fleet.rates.account
            return Job(
                phase, account, fleet.mode, budget, rate, base, approve, allowed=allowed, policy=policy
            )

        _check(engine, accounts, job)
        told = stack.enter_context(report(fleet.name, options.format_, options.reports))
        limits = part_of(fleet.limits, options.shards)
        yield Open(fleet, limits, staged(fleet, accounts), engine, job, told, stop, allow)


def _engine(
    options: FleetOptions, budget: RequestBudget, stop: threading.Event, base: str
) -> AbstractContextManager[Engine]:
    if options.executor == "local":
        from provisioner.fleet.local import local  # noqa: PLC0415 - cold start: an engine for those who use it

        return local(budget, stop, base, options.at_once)
    if not options.scheduler:
        raise ProvisionerError("--executor dask needs --scheduler ADDRESS (or DASK_SCHEDULER_ADDRESS)")
    from provisioner.fleet.cluster import cluster  # noqa: PLC0415 - cold start: as above

    return cluster(options.scheduler, budget)


def _check(engine: Engine, accounts: Sequence[FleetAccount], job: Callable[[str, FleetAccount], Job]) -> None:
    """Every configuration with the first of its accounts, where the work is done; nothing is sent."""
    first: dict[tuple[str, str | None], FleetAccount] = {}
    for account in accounts:
        first.setdefault((account.configuration, account.env), account)
    jobs = (job("check", account) for account in first.values())
    bad = [outcome for outcome in stream(engine, jobs, lambda: True) if outcome.failed]
    if bad:
        lines = [f"{outcome.account}: {text}" for outcome in bad for text in outcome.problems]
        text = "\n".join(["nothing was sent to Stripe, as a configuration cannot be used", *lines])
        raise AccessError(text) if all(outcome.code == ACCESS for outcome in bad) else ProvisionerError(text)


@click.group()
def command() -> None:
    """
    Plan and apply over many connected accounts.

    PATH is a fleet.yaml or the folder of one. The key is the platform's; on a cluster the workers have
    it in their own environment. The exit code is the worst of all accounts' codes.
    """


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
@AUTO_APPROVE
@APPROVE
@click.option(
    "--allow",
    multiple=True,
    metavar="NAME=NUMBER",
    callback=lambda _ctx, _param, values: named_numbers(values, NAMES),
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
    result = as_json(documents[-1])
    del result["seconds"]  # not measured here
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
