"""Runs jobs through any executor: a window of them at a time, the canary set first."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait

from msgspec import Struct

from provisioner.core.model.errors import ProvisionerError
from provisioner.fleet.job import Job
from provisioner.fleet.model import FleetAccount
from provisioner.fleet.outcome import ERROR, AccountOutcome
from provisioner.fleet.totals import Totals

Tell = Callable[[AccountOutcome], None]


class Engine(Struct, frozen=True):
    """
    Something that runs jobs: an executor of the standard library's kind, and the task that it runs.

    `width` says how many jobs to hand out at a time; it may grow and shrink while a run goes on. It raises
    EngineLostError where nothing can be handed out any more.
    """

    executor: Executor
    task: Callable[[Job], AccountOutcome]
    width: Callable[[], int]


class EngineLostError(ProvisionerError):
    """What ran the jobs is gone, and with it whatever was under way."""


def run(
    engine: Engine,
    stages: Sequence[Sequence[FleetAccount]],
    make: Callable[[FleetAccount], Job],
    totals: Totals,
    tell: Tell,
    stop: threading.Event,
) -> None:
    """
    Run a job for every account, stage by stage; each outcome is told and added up as it ends.

    All of a stage (the canary) must succeed before the next begins. Nothing else is begun once too many
    have failed or `stop` is set; what is under way is finished. Raises EngineLostError.
    """
    for number, accounts in enumerate(stages, start=1):
        for outcome in stream(engine, map(make, accounts), lambda: not (totals.halted or stop.is_set())):
            totals.add(outcome)
            tell(outcome)
        if totals.failed and number < len(stages) and accounts and not totals.halted:
            totals.halted = "an account of the canary set has failed"
        if totals.halted or stop.is_set():
            return


def stream(engine: Engine, jobs: Iterable[Job], going: Callable[[], bool]) -> Iterator[AccountOutcome]:
    """
    Yield outcomes as they end; no more than the engine's width of jobs exist at any time.

    Raises EngineLostError.
    """
    waiting = iter(jobs)
    under_way: dict[Future[AccountOutcome], Job] = {}
    while True:
        room = engine.width() - len(under_way) if going() else 0
        for _, job in zip(range(room), waiting, strict=False):
            under_way[engine.executor.submit(engine.task, job)] = job
        if not under_way:
            return
        for future in wait(under_way, return_when=FIRST_COMPLETED).done:
            yield _settle(engine, future, under_way.pop(future))


def _settle(engine: Engine, future: Future[AccountOutcome], job: Job) -> AccountOutcome:
    """What came of a job; where the engine itself has lost it, that it is to be run again."""
    try:
        return future.result()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        engine.width()  # raises where all is lost
        # what engines raise is theirs; that a future was cancelled is no Exception
        says = f"the engine lost it ({type(error).__name__}); run the same command again"
        return AccountOutcome(job.phase, job.account.id, job.account.name, ERROR, problems=(says,))
