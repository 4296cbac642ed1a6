"""An open fleet: its accounts chosen, an engine ready, and the phases that commands are made of."""

import gc
import os
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import MappingProxyType

from msgspec import Struct

from provisioner.app.sandboxes import sandbox_at
from provisioner.cli.fleet_report import FleetProgress, FleetReport, report
from provisioner.cli.options.fleet import FleetOptions
from provisioner.cli.session import SANDBOX_STATE
from provisioner.cli.terminal.signals import stoppable
from provisioner.config.text.outside import Allowed
from provisioner.core.model.errors import AccessError, ProvisionerError
from provisioner.fleet.budget import RequestBudget, budget_of, part_of, platform_rate
from provisioner.fleet.job import Job
from provisioner.fleet.model import Fleet, FleetAccount, FleetLimits
from provisioner.fleet.outcome import ACCESS, AccountOutcome
from provisioner.fleet.read import load_fleet
from provisioner.fleet.run import Engine, EngineLostError, run, stream
from provisioner.fleet.select import Selector, Shard, fits
from provisioner.fleet.totals import Totals, judge
from provisioner.net.sandbox_control import control

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


@contextmanager
def _engine(
    options: FleetOptions, budget: RequestBudget, stop: threading.Event, base: str
) -> Iterator[Engine]:
    if options.executor == "local":
        from provisioner.fleet.local import local  # noqa: PLC0415 - cold start: an engine for those who use it

        with local(budget, stop, base, options.at_once) as engine:
            yield engine
        return
    if not options.scheduler:
        raise ProvisionerError("--executor dask needs --scheduler ADDRESS (or DASK_SCHEDULER_ADDRESS)")
    from provisioner.fleet.cluster import cluster  # noqa: PLC0415 - cold start: as above

    with cluster(options.scheduler, budget) as engine:
        yield engine


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
