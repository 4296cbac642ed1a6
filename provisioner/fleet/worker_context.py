"""The environment, connections and rate limit that all accounts of one worker process share."""

import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from msgspec import Struct, field

from provisioner.app.account import Account
from provisioner.app.configuration import load
from provisioner.app.ready import ready
from provisioner.core.model.config import Config
from provisioner.core.model.errors import AccessError, ProvisionerError
from provisioner.fleet.budget import SharedLimit
from provisioner.fleet.job import Job
from provisioner.net.address import parse_origin
from provisioner.stripe_api.client import TIMEOUTS, Transport
from provisioner.stripe_api.credentials import SANDBOX_KEY, STRIPE, key_for, safe_base
from provisioner.stripe_api.http import BoundedClient
from provisioner.stripe_api.rate_limit import limits_for

AT_ONCE = 32  # requests to one account at a time, as in `stripe_api.rate_limit`


class WorkerContext(Struct, frozen=True):
    """The environment, connections and rate limit that a worker process shares among its accounts."""

    environ: Mapping[str, str]
    """Environment variables; the only source of a key."""
    http: BoundedClient
    """Connections to Stripe."""
    gate: SharedLimit
    """Rate limit of the platform's key."""
    stop: threading.Event
    """Once set, requests in flight are finished and no others start."""
    who: str
    """Name of the process in the report."""


def environment(environ: Mapping[str, str], sandbox: str) -> Mapping[str, str]:
    """Return the environment; with a sandbox, its address and key replace Stripe's."""
    if not sandbox:
        return environ
    return {**environ, "STRIPE_API_KEY": SANDBOX_KEY, "STRIPE_API_BASE": sandbox}


def site(
    environ: Mapping[str, str], gate: SharedLimit, stop: threading.Event, who: str, accounts: int
) -> WorkerContext:
    """Open a worker for `accounts` accounts at a time; raises AccessError for an address unsafe for keys."""
    base = safe_base(environ.get("STRIPE_API_BASE"), "test")
    http = BoundedClient(parse_origin(base or STRIPE), TIMEOUTS, connections=accounts * AT_ONCE)
    return WorkerContext(environ, http, gate, stop, who)


class Meter(Struct):
    """A rate limit that counts its requests."""

    gate: SharedLimit
    """The rate limit."""
    requests: int = 0
    """The number of requests so far."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> AbstractContextManager[None]:
        """Count one request."""
        with self._lock:
            self.requests += 1
        return self.gate()


def configuration(site: WorkerContext, job: Job) -> Config:
    """
    Read an account's configuration, with the environment of this process.

    Raises ConfigError, and AccessError if its mode is not the fleet's.
    """
    account = job.account
    config = load(
        Path(account.configuration),
        env=account.env,
        variables=account.variables,
        environ=site.environ,
        allowed=job.allowed,
        policy=Path(job.policy) if job.policy else None,
    )
    if config.mode != job.mode:
        raise AccessError(
            f"the fleet has mode: {job.mode}, but {account.configuration} has mode: {config.mode}"
        )
    return config


def open_account(site: WorkerContext, job: Job, meter: Meter) -> Account:
    """Open the account of a job without sending anything; raises ConfigError or AccessError."""
    config = configuration(site, job)
    if job.sandbox and job.mode == "live":
        config = config.without_secrets()  # a secret of the sandbox must not replace a real one
    mode = "test" if job.sandbox else job.mode  # the sandbox has only test mode, and accepts no live keys
    transport = Transport(
        key_for(mode, site.environ),
        limits=limits_for(mode, job.rate),
        account=job.account.id,
        api_base=safe_base(site.environ.get("STRIPE_API_BASE"), mode),
        http=site.http,
        gate=meter,
        stop=site.stop,
    )
    if site.stop.is_set():
        raise ProvisionerError("interrupted before it started")
    account = Account(config, transport, expected=(job.account.id,), environ=site.environ)
    return ready(account)
