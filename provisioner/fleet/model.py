"""A fleet as values: its accounts, rates, and limits of a run."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct, field

from provisioner.config.text.outside import NOTHING_MORE, Allowed


class FleetAccount(Struct, frozen=True):
    """One connected account of a fleet."""

    id: str
    """Stripe's id: acct_..."""
    name: str
    """Name for people; by default the id."""
    configuration: str
    """Absolute path of its configuration, which every worker must have."""
    env: str | None = None
    """Environment of the configuration, like that of --env."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Variables of the configuration, like those of --var."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels that selectors match."""


class Term(NamedTuple):
    """One condition of a selector."""

    label: str
    """The label; empty for the id and the name."""
    glob: str
    """The pattern."""
    negated: bool
    """True if the value must not match."""

    def holds(self, account: FleetAccount) -> bool:
        """Return whether an account meets the condition."""
        if not self.label:
            return fnmatchcase(account.id, self.glob) or fnmatchcase(account.name, self.glob)
        has = self.label in account.labels and fnmatchcase(account.labels[self.label], self.glob)
        return has != self.negated


Selector = tuple[Term, ...]


class Rates(Struct, frozen=True):
    """Maximum requests per second; None is Stripe's own limit."""

    account: float | None = None
    """To each account."""
    platform: float | None = None
    """In total, with the platform's key."""


class FleetLimits(Struct, frozen=True):
    """The limits of one run over a fleet; None means unlimited."""

    top_up: Mapping[str, int] = field(default_factory=dict)
    """Maximum total of the top-ups by currency, in minor units; empty means unlimited."""
    retired: int | None = None
    """Maximum number of objects that are retired or replaced."""
    failed: int | None = None
    """Number of accounts that may fail; None: `failed_share` counts."""
    failed_share: float | None = None
    """Share of accounts that may fail, from 0 to 1; None: a tenth, and at least three."""

    def failures(self, accounts: int) -> int:
        """Return how many of `accounts` may fail before the run stops."""
        if self.failed is not None:
            return self.failed
        if self.failed_share is not None:
            return int(accounts * self.failed_share)
        return max(3, accounts // 10)


class Fleet(Struct, frozen=True):
    """A valid fleet file with its rosters."""

    name: str
    """The name."""
    mode: str
    """`test` or `live`."""
    accounts: tuple[FleetAccount, ...]
    """All accounts."""
    canary: tuple[Selector, ...] = ()
    """Selectors of the accounts that are done first."""
    rates: Rates = Rates()
    """The rate limits."""
    limits: FleetLimits = FleetLimits()
    """The guardrails."""


class FleetSource(Struct, frozen=True):
    """The place of a fleet, and the way to read it."""

    path: Path
    """The fleet file, or its folder."""
    sandbox: Path | None = None
    """The file of the sandbox to use instead of Stripe; None for Stripe."""
    max_rps: float | None = None
    """Maximum requests per second with the platform's key; None for the default."""
    allowed: Allowed = NOTHING_MORE
    """Variables and files that the configurations may read in addition to their own."""
    policy: Path | None = None
    """A file of guardrails that apply to every account."""
