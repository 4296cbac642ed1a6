"""A fleet to look at: its accounts with their state, filtered, sorted and added up."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from provisioner.core.model.fleet_report import AccountLine
from provisioner.core.plan.outlook_document import BalanceDocument

State = Literal["failed", "blocked", "drift", "low", "changes", "in_sync"]
STATES: Mapping[State, str] = {
    "failed": "could not be read",
    "blocked": "blocked by guardrails",
    "drift": "with drift",
    "low": "with a low balance",
    "changes": "with changes to apply",
    "in_sync": "in sync",
}
"""All states in words, the most urgent first."""


class AccountRow(Struct, frozen=True, kw_only=True):
    """One account of a fleet."""

    id: str
    """Stripe's id."""
    name: str
    """The name in the fleet; by default the id."""
    labels: Mapping[str, str] = {}
    """The labels in the fleet."""
    at: int = 0
    """The time of the reading by Stripe's clock (Unix seconds); 0 if it could not be read."""
    error: str = ""
    """The reason why it could not be read; empty if it could."""
    plan: AccountLine | None = None
    """The plan of an apply, as `fleet plan` reports it; None if it could not be read."""
    drift: AccountLine | None = None
    """The drift, as `fleet drift` reports it; None if it could not be read."""
    cards: int = 0
    """The number of managed cards that have not ended."""
    active: int = 0
    """The number of them that are active."""
    balances: tuple[BalanceDocument, ...] = ()
    """One entry for each currency with a target."""
    exposure: Mapping[str, int] = {}
    """The monthly exposure of the limited cards, in minor units by currency."""
    unlimited: int = 0
    """The number of cards whose limits do not bound a month."""

    @property
    def states(self) -> tuple[State, ...]:
        """Return all states that it is in, the most urgent first."""
        if self.plan is None or self.drift is None:
            return ("failed",)
        holds: Mapping[State, object] = {
            "blocked": self.plan.stopped_by,
            "drift": self.drift.counts.get("drift"),
            "low": any(each.is_low for each in self.balances),
            "changes": self.plan.code,
        }
        return tuple(name for name, value in holds.items() if value) or ("in_sync",)


class FleetEstate(Struct, frozen=True, kw_only=True):
    """A fleet at one time."""

    name: str
    """The name of the fleet."""
    mode: str
    """`test` or `live`."""
    accounts: tuple[AccountRow, ...]
    """All accounts, in the order of the fleet."""
    now: int
    """The time of the newest reading (Unix seconds)."""


class FleetFilter(Struct, frozen=True):
    """The accounts that are asked for; empty values ask for all."""

    text: str = ""
    """A part of the name or the id."""
    state: str = ""
    """One of `STATES`."""
    label: str = ""
    """A label with its value: `tier=gold`."""
    sort: str = "urgent"
    """The name of the order, one of `FLEET_ORDERS`."""


def _share(row: AccountRow) -> float:
    shares = [(each.available + each.pending) / each.target for each in row.balances if each.target]
    return min(shares, default=1.0)


FLEET_ORDERS: Mapping[str, tuple[str, Callable[[AccountRow], tuple[object, ...]]]] = {
    "urgent": ("Most urgent", lambda row: ([*STATES].index(row.states[0]), row.name)),
    "name": ("Name", lambda row: (row.name,)),
    "balance": ("Lowest share of target", lambda row: (_share(row), row.name)),
    "exposure": ("Highest exposure", lambda row: (-row.unlimited, -sum(row.exposure.values()), row.name)),
}


def chosen_accounts(accounts: Iterable[AccountRow], wanted: FleetFilter) -> list[AccountRow]:
    """Return the accounts that a filter asks for, in its order."""
    text, (label, _, value) = wanted.text.casefold(), wanted.label.partition("=")

    def fits(row: AccountRow) -> bool:
        return (
            (not wanted.state or wanted.state in row.states)
            and (not label or row.labels.get(label) == value)
            and (not text or text in row.name.casefold() or text in row.id.casefold())
        )

    order = FLEET_ORDERS.get(wanted.sort, FLEET_ORDERS["urgent"])[1]
    return sorted(filter(fits, accounts), key=order)


def labels_of(accounts: Iterable[AccountRow]) -> list[str]:
    """Return all labels with their values: `tier=gold`."""
    return sorted({f"{name}={value}" for row in accounts for name, value in row.labels.items()})


class CurrencySums(Struct):
    """The sums of a fleet in one currency, in minor units."""

    available: int = 0
    """The available balances of accounts with a target."""
    pending: int = 0
    """Their pending top-ups."""
    target: int = 0
    """Their targets, without those that are sensitive."""
    exposure: int = 0
    """The monthly exposure of the limited cards."""


def sums_of(accounts: Iterable[AccountRow]) -> dict[str, CurrencySums]:
    """Return the sums of accounts by currency."""
    found: dict[str, CurrencySums] = {}
    for row in accounts:
        for each in row.balances:
            sums = found.setdefault(each.currency, CurrencySums())
            sums.available += each.available
            sums.pending += each.pending
            sums.target += each.target or 0
        for currency, amount in row.exposure.items():
            found.setdefault(currency, CurrencySums()).exposure += amount
    return dict(sorted(found.items()))


def counted_states(accounts: Sequence[AccountRow]) -> dict[State, int]:
    """Return the number of accounts in each state that occurs, the most urgent first."""
    numbers = Counter(state for row in accounts for state in row.states)
    return {state: numbers[state] for state in STATES if numbers[state]}
