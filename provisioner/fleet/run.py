"""Runs jobs on an executor, a limited number at a time, with the canary accounts first."""

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
    """An executor for jobs, and the task that it runs."""

    executor: Executor
    """An executor as in `concurrent.futures`, of this machine or of a cluster."""
    task: Callable[[Job], AccountOutcome]
    """The function that runs a job."""
    width: Callable[[], int]
    """
    Returns how many jobs to submit at a time, which may change during a run; raises EngineLostError if no
    more jobs can be submitted.
    """


class EngineLostError(ProvisionerError):
    """The executor is gone, and with it the jobs that were running."""


def run(
    engine: Engine,
    stages: Sequence[Sequence[FleetAccount]],
    make: Callable[[FleetAccount], Job],
    totals: Totals,
    tell: Tell,
    stop: threading.Event,
) -> None:
    """
    Run a job for every account, stage by stage; each outcome is reported and added to the totals.

    All accounts of a stage (the canary) must succeed before the next stage starts. No job starts after too
    many have failed or `stop` is set; running jobs are finished. Raises EngineLostError.
    """
    for number, accounts in enumerate(stages, start=1):
        for outcome in stream(engine, map(make, accounts), lambda: not (totals.halted or stop.is_set())):
            totals.add(outcome)
            tell(outcome)
        if totals.failed and number < len(stages) and accounts and not totals.halted:
            totals.halted = "a canary account failed"
        if totals.halted or stop.is_set():
            return


def stream(engine: Engine, jobs: Iterable[Job], going: Callable[[], bool]) -> Iterator[AccountOutcome]:
    """
    Yield outcomes as jobs end; the number of jobs at a time is limited to the engine's width.

    If the executor lost a job, its outcome advises to run the command again. Raises EngineLostError.
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
            job = under_way.pop(future)
            try:
                outcome = future.result()
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt | SystemExit):
                    raise
                engine.width()  # raises if the whole executor is lost
                # executors raise their own types, and a canceled future raises a BaseException
                says = f"the executor lost this account ({type(error).__name__}); run the same command again"
                outcome = AccountOutcome(job.phase, job.account.id, job.account.name, ERROR, problems=(says,))
            yield outcome
