"""The job for one account, as sent to a worker; it never contains a key."""

from collections.abc import Mapping

from msgspec import Struct, field

from provisioner.config.text.outside import NOTHING_MORE, Allowed
from provisioner.fleet.budget import RequestBudget
from provisioner.fleet.model import FleetAccount


class Ceiling(Struct, frozen=True):
    """
    The limits that an account's plan sets for its apply.

    `top_up` is the amount by currency in minor units, `ends` the number of objects that end; `exposure` and
    `activated` are as in the plan's impact, and `replaced` has the addresses of replaced objects.
    """

    top_up: Mapping[str, int] = field(default_factory=dict)
    ends: int = 0
    exposure: Mapping[str, int | None] = field(default_factory=dict)
    activated: int = 0
    replaced: frozenset[str] = frozenset()


class Job(Struct, frozen=True):
    """
    One phase (check, plan, apply, drift, status) for one account.

    `rate` is requests per second to the account (None: Stripe's own limit); `sandbox` is the address of an
    embedded Stripe API (empty: as in the worker's environment). `allowed` are the variables and files that
    the configuration may read in addition; `policy` is an absolute path, which every worker must have.
    """

    phase: str
    account: FleetAccount
    mode: str
    budget: RequestBudget
    rate: float | None = None
    sandbox: str = ""
    approve: str | None = None
    ceiling: Ceiling | None = None
    allowed: Allowed = NOTHING_MORE
    policy: str = ""
