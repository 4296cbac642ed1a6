"""The engine on one machine: threads of one process that share connections and the rate limit."""

import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from provisioner.fleet.account import run_account
from provisioner.fleet.budget import RequestBudget, SharedLimit
from provisioner.fleet.run import Engine
from provisioner.fleet.worker_context import environment, site


@contextmanager
def local(budget: RequestBudget, stop: threading.Event, sandbox: str, at_once: int) -> Iterator[Engine]:
    """Open an engine that processes `at_once` accounts at a time; raises AccessError as `site` does."""
    gate = SharedLimit(threading.Semaphore(budget.places), budget.rest)
    here = site(
        environment(os.environ, sandbox), gate, stop, f"{socket.gethostname()}:{os.getpid()}", at_once
    )
    try:
        with ThreadPoolExecutor(at_once, thread_name_prefix="account") as executor:
            yield Engine(executor, partial(run_account, here), lambda: at_once)
    finally:
        here.http.close()
