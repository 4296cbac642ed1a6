"""The job for one account, as sent to a worker; it never contains a key."""

from collections.abc import Mapping

from msgspec import Struct, field

from provisioner.config.text.outside import NOTHING_MORE, Allowed
from provisioner.fleet.budget import RequestBudget
from provisioner.fleet.model import FleetAccount


class Ceiling(Struct, frozen=True):
    """The limits that an account's plan sets for its apply."""

    top_up: Mapping[str, int] = field(default_factory=dict)
    """Amount by currency, in minor units."""
    ends: int = 0
    """Number of objects that are retired or replaced."""
    exposure: Mapping[str, int | None] = field(default_factory=dict)
    """Added monthly exposure by currency, as in the plan's impact."""
    activated: int = 0
    """Number of cards that are activated, as in the plan's impact."""
    replaced: frozenset[str] = frozenset()
    """Addresses of replaced objects."""


class Job(Struct, frozen=True):
    """One phase for one account."""

    phase: str
    """One of check, plan, apply, drift, status and look."""
    account: FleetAccount
    """The account."""
    mode: str
    """Mode of the fleet: test or live."""
    budget: RequestBudget
    """Rate limit that all workers share."""
    rate: float | None = None
    """Requests per second to the account; None: Stripe's own limit."""
    sandbox: str = ""
    """Address of an embedded Stripe API; empty: as in the worker's environment."""
    approve: str | None = None
    """The value of --approve."""
    ceiling: Ceiling | None = None
    """Limits from the plan of the account; only for an apply."""
    allowed: Allowed = NOTHING_MORE
    """Variables and files that the configuration may read in addition to its own."""
    policy: str = ""
    """Absolute path of a policy, which every worker must have; empty: none."""
