"""A fleet as values: its accounts, how fast it may go, and what one run may do at most."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from msgspec import Struct, field


class FleetAccount(Struct, frozen=True):
    """
    One connected account: `id` is Stripe's (acct_...), `name` what people call it.

    `configuration` is an absolute path, which every worker must have; `variables` are handed to it as
    `--var` would.
    """

    id: str
    name: str
    configuration: str
    env: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


class Term(NamedTuple):
    """One condition of a selector: on a label, or on id and name where `label` is empty."""

    label: str
    glob: str
    negated: bool

    def holds(self, account: FleetAccount) -> bool:
        """Whether it is true of an account."""
        if not self.label:
            return fnmatchcase(account.id, self.glob) or fnmatchcase(account.name, self.glob)
        has = self.label in account.labels and fnmatchcase(account.labels[self.label], self.glob)
        return has != self.negated


Selector = tuple[Term, ...]


class Rates(Struct, frozen=True):
    """Requests a second: to each account, and with the platform's key in all; None is Stripe's own limit."""

    account: float | None = None
    platform: float | None = None


class FleetLimits(Struct, frozen=True):
    """
    What one run over the fleet may do at most: money in minor units by currency, objects that end.

    Of failing accounts, `failed` may be or, without it, `failed_share` of all; with neither, a tenth, and
    at least three.
    """

    top_up: Mapping[str, int] = field(default_factory=dict)
    retired: int | None = None
    failed: int | None = None
    failed_share: float | None = None

    def failures(self, accounts: int) -> int:
        """How many of `accounts` may fail before the run stops."""
        if self.failed is not None:
            return self.failed
        if self.failed_share is not None:
            return int(accounts * self.failed_share)
        return max(3, accounts // 10)


class Fleet(Struct, frozen=True):
    """A sound fleet file with its rosters."""

    name: str
    mode: str
    accounts: tuple[FleetAccount, ...]
    canary: tuple[Selector, ...] = ()
    rates: Rates = Rates()
    limits: FleetLimits = FleetLimits()
