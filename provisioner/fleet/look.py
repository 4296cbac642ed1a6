"""Reads a fleet as the page about it shows it: every account once, on this machine, without writing."""

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial

from msgspec import Struct

from provisioner.app.account import Account
from provisioner.app.sandboxes import platform_at
from provisioner.core.estate.fleet import AccountRow, FleetEstate
from provisioner.fleet.account import run_account
from provisioner.fleet.budget import SharedLimit, budget_of, platform_rate
from provisioner.fleet.job import Job
from provisioner.fleet.model import FleetAccount, FleetSource
from provisioner.fleet.outcome import AccountOutcome
from provisioner.fleet.read import load_fleet
from provisioner.fleet.run import Engine, stream
from provisioner.fleet.select import Shard
from provisioner.fleet.worker_context import Meter, WorkerContext, environment, open_account, site
from provisioner.stripe_api.credentials import key_for

AT_ONCE = 8  # accounts that are read at the same time


class FleetReader(Struct, frozen=True):
    """Reads all accounts of a fleet. An account that cannot be read does not stop the others."""

    name: str
    """The name of the fleet."""
    mode: str
    """Its mode: test or live."""
    engine: Engine
    """Runs the jobs."""
    jobs: Mapping[str, Job]
    """The job of each account, of the phase `look`, by the account's id."""
    here: WorkerContext
    """The connections and the rate limit of this process."""

    def read(self) -> FleetEstate:
        """Read every account; raises EngineLostError."""
        found: dict[str, AccountRow] = {}
        for outcome in stream(self.engine, self.jobs.values(), lambda: True):
            labels = self.jobs[outcome.account].account.labels
            found[outcome.account] = outcome.row or _failed(outcome, labels)
        rows = tuple(found[identity] for identity in self.jobs)
        now = max((row.at for row in rows), default=0) or int(time.time())
        return FleetEstate(name=self.name, mode=self.mode, accounts=rows, now=now)

    def read_new(self) -> FleetEstate:
        """Read every account again, because nothing says which of them have changed."""
        return self.read()

    def open(self, identity: str) -> Account:
        """Open one account without sending anything; raises ConfigError or AccessError."""
        return open_account(self.here, self.jobs[identity], Meter(self.here.gate))


@contextmanager
def fleet_reader(source: FleetSource) -> Iterator[FleetReader]:
    """Open a fleet for reading; raises ConfigError for its file, and AccessError without a usable key."""
    fleet = load_fleet(source.path, source.allowed)
    if not source.sandbox:
        key_for(fleet.mode, os.environ)
    rate = platform_rate(fleet.rates, fleet.mode, Shard(), source.max_rps)
    budget, stop = budget_of(f"provisioner-{uuid.uuid4()}", rate), threading.Event()
    with ExitStack() as stack:
        ids = [account.id for account in fleet.accounts]
        base = stack.enter_context(platform_at(source.sandbox, ids)) if source.sandbox else ""
        gate = SharedLimit(threading.Semaphore(budget.places), budget.rest)
        who = f"{socket.gethostname()}:{os.getpid()}"
        here = site(environment(os.environ, base), gate, stop, who, AT_ONCE)
        stack.callback(here.http.close)
        executor = stack.enter_context(ThreadPoolExecutor(AT_ONCE, thread_name_prefix="account"))
        stack.callback(stop.set)  # accounts that are not read yet are left out
        policy = str(source.policy.absolute()) if source.policy else ""
        each, allowed = fleet.rates.account, source.allowed

        def job(account: FleetAccount) -> Job:
            return Job("look", account, fleet.mode, budget, each, base, allowed=allowed, policy=policy)

        jobs = {account.id: job(account) for account in fleet.accounts}
        engine = Engine(executor, partial(run_account, here), lambda: AT_ONCE)
        yield FleetReader(fleet.name, fleet.mode, engine, jobs, here)


def _failed(outcome: AccountOutcome, labels: Mapping[str, str]) -> AccountRow:
    error = "; ".join(outcome.problems)
    return AccountRow(id=outcome.account, name=outcome.name, labels=labels, error=error)
