"""A Dask cluster as an engine: its scheduler hands the jobs out, and again where a worker is lost.

What runs on a worker stands here too: a job comes in, an outcome goes back, and nothing else.
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

PATIENCE = 30.0  # seconds until there must be a worker
LEASE = "15s"  # a lost worker's places come back after this; workers renew theirs every 6 s
LOUD = ("distributed", "distributed.client", "tornado.application", "asyncio")  # of Dask's loggers
AHEAD = 2  # jobs a thread, so that no worker waits for its next
ANSWER = 10.0  # seconds that the scheduler has for an answer
FAREWELL = 3.0  # seconds until places that still rest are given up
# github.com/python/cpython/issues/106883: before it, `sys._current_frames` may deadlock with new threads
FRAMES_ARE_SAFE = (3, 11, 9)
_one_at_a_time = threading.Lock()


@contextmanager
def cluster(address: str, budget: RequestBudget) -> Iterator[Engine]:
    """
    An engine on the cluster whose scheduler is at `address` (tcp://host:8786; tls:// by Dask's settings).

    Raises ProvisionerError without the extra, scheduler or workers, and for workers with another version.
    What Dask has to say of a lost connection is left to the error that follows from it.
    """
    try:
        distributed: Any = import_module("distributed")  # an extra; and it has no types
        config: Any = import_module("dask.config")
    except ImportError:
        raise ProvisionerError(
            "--executor dask needs the extra: pip install '.[dask]' in a checkout"
        ) from None
    try:
        client = distributed.Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise ProvisionerError(f"no Dask scheduler at {address} ({type(error).__name__})") from None
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    with client:
        _check(client, address)
        with config.set({"distributed.scheduler.locks.lease-timeout": LEASE}):
            places = distributed.Semaphore(max_leases=budget.places, name=budget.name)
            places.register()
        # not pure: the same job run twice is two runs, never an old answer
        yield Engine(client.get_executor(pure=False), on_worker, lambda: _width(client, address))
        # taken off the scheduler once the last places have rested
        end = time.monotonic() + FAREWELL
        while places.get_value() and time.monotonic() < end:
            time.sleep(0.1)
        places.close()


def _check(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
        versions = client.run(version)
    except TimeoutError:
        raise ProvisionerError(f"the Dask scheduler at {address} has no worker") from None
    except Exception as error:  # noqa: BLE001 - whatever a worker without provisioner raises
        raise ProvisionerError(f"provisioner cannot run on the workers of {address}: {error}") from None
    other = {where: found for where, found in versions.items() if found != __version__}
    if other:
        raise ProvisionerError(f"provisioner is {__version__} here, and on workers: {other}")


def _width(client: Any, address: str) -> int:
    try:
        threads: int = sum(client.sync(client.scheduler.ncores, callback_timeout=ANSWER).values())
    except Exception as error:  # noqa: BLE001 - Dask has many ways to say that nobody is there
        raise EngineLostError(
            f"the Dask scheduler at {address} does not answer any more ({type(error).__name__}). "
            "Accounts that are not in the totals may be done in part; run the same command again: "
            "it finishes what is left, and nothing is done twice"
        ) from None
    return max(1, AHEAD * threads)


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
    profiler = worker.periodic_callbacks.get("profile")
    if profiler is not None and sys.version_info < FRAMES_ARE_SAFE:
        worker.loop.add_callback(profiler.stop)  # it would hang the worker: accounts begin many threads
    accounts = worker.state.nthreads
    who = f"{socket.gethostname()}:{os.getpid()}"
    gate = SharedLimit(places, budget.rest)
    return site(environment(os.environ, sandbox), gate, threading.Event(), who, accounts)
