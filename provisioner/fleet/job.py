"""What is asked for one account: a value that travels to a worker. It never holds a key."""

from collections.abc import Mapping

from msgspec import Struct, field

from provisioner.config.text.outside import NOTHING_MORE, Allowed
from provisioner.fleet.budget import RequestBudget
from provisioner.fleet.model import FleetAccount


class Ceiling(Struct, frozen=True):
    """
    What was planned for an account and judged with the whole fleet: it does no more.

    `top_up` is money by currency and `ends` counts objects that end; `exposure` and `activated` are as in
    the plan's blast radius, and `replaced` the addresses of what is replaced.
    """

    top_up: Mapping[str, int] = field(default_factory=dict)
    ends: int = 0
    exposure: Mapping[str, int | None] = field(default_factory=dict)
    activated: int = 0
    replaced: frozenset[str] = frozenset()


class Job(Struct, frozen=True):
    """
    One phase (check, plan, apply, drift, status) for one account.

    `rate` is requests a second to the account, None for Stripe's own limit; `sandbox` the address of an
    embedded Stripe API, empty for the one that the worker's environment says. `allowed` is what the
    configuration may read there besides, `policy` an absolute path, which every worker must have.
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
