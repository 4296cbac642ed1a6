"""
Runs jobs on a Dask cluster, whose scheduler repeats the jobs of a lost worker.

The code that runs on a worker is here, too: it takes a job and returns only an outcome.
"""

import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from typing import Any

from provisioner._version import __version__
from provisioner.core.model.errors import ProvisionerError
from provisioner.fleet.account import run_account
from provisioner.fleet.budget import RequestBudget, SharedLimit
from provisioner.fleet.job import Job
from provisioner.fleet.outcome import AccountOutcome
from provisioner.fleet.run import Engine, EngineLostError
from provisioner.fleet.worker_context import WorkerContext, environment, site

PATIENCE = 30.0  # seconds to wait for the first worker
LEASE = "15s"  # seconds after which a lost worker's places are free again; workers renew theirs every 6 s
LOUD = ("distributed", "distributed.client", "tornado.application", "asyncio")  # loggers to silence
AHEAD = 2  # jobs per thread, so that no worker waits for its next job
ANSWER = 10.0  # seconds to wait for a response of the scheduler
FAREWELL = 3.0  # seconds to wait for places that are still resting
# github.com/python/cpython/issues/106883: before it, `sys._current_frames` may deadlock with new threads
FRAMES_ARE_SAFE = (3, 11, 9)
_one_at_a_time = threading.Lock()


@contextmanager
def cluster(address: str, budget: RequestBudget) -> Iterator[Engine]:
    """
    Open an engine on the cluster of a scheduler at `address` (tcp://host:8786; tls:// by Dask's settings).

    Raises ProvisionerError without the extra, scheduler or workers, and for workers with another version.
    Dask's own messages about a lost connection are silenced; our error says what happened.
    """
    try:
        distributed: Any = import_module("distributed")  # an optional package, which has no types
        config: Any = import_module("dask.config")
    except ImportError:
        raise ProvisionerError(
            "--executor dask needs an extra; install it with pip install 'issuing-provisioner[dask]'"
        ) from None
    try:
        client = distributed.Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise ProvisionerError(
            f"cannot connect to a Dask scheduler at {address} ({type(error).__name__})"
        ) from None
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    with client:
        _check(client, address)
        with config.set({"distributed.scheduler.locks.lease-timeout": LEASE}):
            places = distributed.Semaphore(max_leases=budget.places, name=budget.name)
            places.register()
        # not pure: running the same job twice must not return the earlier result
        yield Engine(client.get_executor(pure=False), on_worker, lambda: _width(client, address))
        # remove the semaphore from the scheduler after the last places have rested
        end = time.monotonic() + FAREWELL
        while places.get_value() and time.monotonic() < end:
            time.sleep(0.1)
        places.close()


def _check(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
        versions = client.run(version)
    except TimeoutError:
        raise ProvisionerError(f"the Dask scheduler at {address} has no workers") from None
    except Exception as error:  # noqa: BLE001 - a worker without provisioner may raise anything
        raise ProvisionerError(f"provisioner cannot run on the workers of {address}: {error}") from None
    other = {where: found for where, found in versions.items() if found != __version__}
    if other:
        raise ProvisionerError(
            f"provisioner is version {__version__} here, but workers have other versions: {other}"
        )


def _width(client: Any, address: str) -> int:
    try:
        threads: int = sum(client.sync(client.scheduler.ncores, callback_timeout=ANSWER).values())
    except Exception as error:  # noqa: BLE001 - Dask raises many types when the scheduler is gone
        raise EngineLostError(
            f"lost the connection to the Dask scheduler at {address} ({type(error).__name__}). Accounts that "
            "are not in the totals may be partially applied; run the same command again: it does what is "
            "left and repeats nothing"
        ) from None
    return max(1, AHEAD * threads)


def version() -> str:
    """Return the version of provisioner in this process."""
    return __version__


def on_worker(job: Job) -> AccountOutcome:
    """Run a job with the key in the environment of this process; never raises."""
    try:
        with _one_at_a_time:
            here = _site(job.budget, job.sandbox)
    except ProvisionerError as error:
        account = job.account
        return AccountOutcome(job.phase, account.id, account.name, error.exit_code, problems=(str(error),))
    return run_account(here, job)


@lru_cache(maxsize=2)
def _site(budget: RequestBudget, sandbox: str) -> WorkerContext:
    """
    Return the context that accounts of a run share in this process; call it in a task, where Dask has a
    worker.
    """
    distributed: Any = import_module("distributed")  # an optional package, which has no types
    # leases are stored by the scheduler, so that the requests of all workers are counted together
    places = distributed.Semaphore(max_leases=budget.places, name=budget.name)
    worker = distributed.get_worker()
    profiler = worker.periodic_callbacks.get("profile")
    if profiler is not None and sys.version_info < FRAMES_ARE_SAFE:
        # it would hang the worker, because accounts start many threads
        worker.loop.add_callback(profiler.stop)
    accounts = worker.state.nthreads
    who = f"{socket.gethostname()}:{os.getpid()}"
    gate = SharedLimit(places, budget.rest)
    return site(environment(os.environ, sandbox), gate, threading.Event(), who, accounts)
