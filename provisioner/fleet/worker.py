"""What runs on a worker of a Dask cluster: a job comes in, an outcome goes back, and nothing else."""

import os
import socket
import sys
import threading
from functools import lru_cache
from importlib import import_module
from typing import Any

from provisioner._version import __version__
from provisioner.core.model.errors import ProvisionerError
from provisioner.fleet.account import run_account
from provisioner.fleet.budget import RequestBudget
from provisioner.fleet.job import Job
from provisioner.fleet.outcome import AccountOutcome
from provisioner.fleet.shared_limit import SharedLimit
from provisioner.fleet.worker_context import WorkerContext, environment, site

# github.com/python/cpython/issues/106883: before it, `sys._current_frames` may deadlock with new threads
FRAMES_ARE_SAFE = (3, 11, 9)
_one_at_a_time = threading.Lock()


def version() -> str:
    """The version of provisioner here."""
    return __version__


def on_worker(job: Job) -> AccountOutcome:
    """Do a job with the key in this process's own environment; never raises."""
    try:
        with _one_at_a_time:
            here = _site(job.budget, job.sandbox)
    except ProvisionerError as error:
        account = job.account
        return AccountOutcome(job.phase, account.id, account.name, error.exit_code, problems=(str(error),))
    return run_account(here, job)


@lru_cache(maxsize=2)
def _site(budget: RequestBudget, sandbox: str) -> WorkerContext:
    """What the accounts of one run share in this process; made in a task, where Dask knows its worker."""
    distributed: Any = import_module("distributed")  # an extra; and it has no types
    # leases live on the scheduler, so that the workers' requests are counted together
    places = distributed.Semaphore(max_leases=budget.places, name=budget.name)
    worker = distributed.get_worker()
    _spare_from_deadlock(worker)
    accounts = worker.state.nthreads
    who = f"{socket.gethostname()}:{os.getpid()}"
    gate = SharedLimit(places, budget.rest)
    return site(environment(os.environ, sandbox), gate, threading.Event(), who, accounts)


def _spare_from_deadlock(worker: Any) -> None:
    """Stop Dask's sampling profiler where it would hang the worker: accounts begin many threads."""
    profiler = worker.periodic_callbacks.get("profile")
    if profiler is not None and sys.version_info < FRAMES_ARE_SAFE:
        worker.loop.add_callback(profiler.stop)
