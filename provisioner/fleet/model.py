"""A fleet as values: its accounts, rates, and limits of a run."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from msgspec import Struct, field


class FleetAccount(Struct, frozen=True):
    """
    One connected account: `id` is Stripe's (acct_...), `name` what people call it.

    `configuration` is an absolute path, which every worker must have; `variables` are its variables, like
    those of `--var`.
    """

    id: str
    name: str
    configuration: str
    env: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


class Term(NamedTuple):
    """One condition of a selector: on a label, or on id and name if `label` is empty."""

    label: str
    glob: str
    negated: bool

    def holds(self, account: FleetAccount) -> bool:
        """Return whether an account meets the condition."""
        if not self.label:
            return fnmatchcase(account.id, self.glob) or fnmatchcase(account.name, self.glob)
        has = self.label in account.labels and fnmatchcase(account.labels[self.label], self.glob)
        return has != self.negated


Selector = tuple[Term, ...]


class Rates(Struct, frozen=True):
    """Requests per second to each account and in total with the platform's key; None is Stripe's limit."""

    account: float | None = None
    platform: float | None = None


class FleetLimits(Struct, frozen=True):
    """
    The limits of one run: top-ups in minor units by currency, and the number of objects that end.

    `failed` accounts may fail or, without it, `failed_share` of all; with neither, a tenth, and at least
    three.
    """

    top_up: Mapping[str, int] = field(default_factory=dict)
    retired: int | None = None
    failed: int | None = None
    failed_share: float | None = None

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
    mode: str
    accounts: tuple[FleetAccount, ...]
    canary: tuple[Selector, ...] = ()
    rates: Rates = Rates()
    limits: FleetLimits = FleetLimits()
