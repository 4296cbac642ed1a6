"""Filters and totals of the purchases that a page shows."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from msgspec import Struct

from provisioner.core.estate.rows import CardRow
from provisioner.core.purchases.record import PurchaseRecord

DAY = 86_400
UNKNOWN = "(unknown)"
NOTHING = (0, 0)
OUTCOMES = ("approved", "declined")
T = TypeVar("T")


class PurchaseFilter(Struct, frozen=True):
    """A filter of purchases; an empty value matches all purchases."""

    outcome: str = ""
    """`approved` or `declined`."""
    team: str = ""
    """The team of the card."""
    reason: str = ""
    """Stripe's reason."""
    category: str = ""
    """The category of the merchant."""
    text: str = ""
    """A part of the card's name or id, the purchase's id, or the merchant's name."""


EVERYTHING = PurchaseFilter()


class Tally(Struct):
    """The totals of purchases that share a value, such as a reason."""

    name: str
    """The value that the purchases share."""
    approved: int = 0
    """The number of approved purchases."""
    declined: int = 0
    """The number of declined purchases."""
    spent: dict[str, int] = {}
    """The total of approved purchases, in minor units by currency."""
    refused: dict[str, int] = {}
    """The total of declined purchases, in minor units by currency."""

    def add(self, currency: str, number: int, amount: int, *, approved: bool) -> None:
        """Add a number of purchases with their total, which are approved or declined."""
        if approved:
            self.approved += number
        else:
            self.declined += number
        sums = self.spent if approved else self.refused
        sums[currency] = sums.get(currency, 0) + amount


def matching(
    purchases: Iterable[PurchaseRecord], wanted: PurchaseFilter, cards: Mapping[str, CardRow]
) -> Iterator[PurchaseRecord]:
    """Yield the purchases that match a filter; `cards` maps ids to the rows of cards."""
    text = wanted.text.casefold()
    for each in purchases:
        card = cards.get(each.card)
        if wanted.outcome and each.approved != (wanted.outcome == "approved"):
            continue
        if wanted.reason and each.reason != wanted.reason:
            continue
        if wanted.category and each.category != wanted.category:
            continue
        if wanted.team and (card.team if card else UNKNOWN) != wanted.team:
            continue
        if text and not any(text in name.casefold() for name in _names(each, card)):
            continue
        yield each


def _names(purchase: PurchaseRecord, card: CardRow | None) -> tuple[str, ...]:
    return purchase.merchant, purchase.id, purchase.card, card.name if card else ""


class Lot(NamedTuple):
    """Purchases that have in common everything that they are added up by, except for the day."""

    team: str
    """The team of the card."""
    reason: str
    """Stripe's reason."""
    category: str
    """The category of the merchant."""
    approved: bool
    """Stripe's decision."""
    currency: str
    """The currency."""
    number: int
    """The number of purchases."""
    amount: int
    """Their total in minor units: the counted amounts if they were approved, otherwise the declined ones."""


def lots(purchases: Iterable[PurchaseRecord], cards: Mapping[str, CardRow]) -> list[Lot]:
    """Return purchases as lots, of which there are few; `cards` maps ids to the rows of cards."""
    teams = {identity: card.team for identity, card in cards.items()}
    sums = _sums(
        (
            (teams.get(each.card, UNKNOWN), each.reason, each.category, each.approved, each.currency),
            each.counted if each.approved else each.amount,
        )
        for each in purchases
    )
    return [Lot(*shared, number, amount) for shared, (number, amount) in sums.items()]


def _sums(amounts: Iterable[tuple[T, int]]) -> dict[T, tuple[int, int]]:
    """Return for each key how many amounts it has, and their sum."""
    found: dict[T, tuple[int, int]] = {}
    for key, amount in amounts:
        number, sum_ = found.get(key, NOTHING)
        found[key] = number + 1, sum_ + amount
    return found


def tallies(lots: Iterable[Lot], key: Callable[[Lot], str]) -> list[Tally]:
    """Return the totals of purchases by the value of `key`, the most frequent first."""
    found: dict[str, Tally] = {}
    for each in lots:
        name = key(each) or UNKNOWN
        found.setdefault(name, Tally(name)).add(
            each.currency, each.number, each.amount, approved=each.approved
        )
    return sorted(found.values(), key=lambda tally: (-(tally.approved + tally.declined), tally.name))


def total(lots: Iterable[Lot]) -> Tally:
    """Return the totals of all purchases."""
    return next(iter(tallies(lots, lambda _each: "all")), Tally("all"))


def first_of_days(now: int, days: int) -> int:
    """Return the first second (UTC) of the last `days` days, of which today is one."""
    return (now // DAY - days + 1) * DAY


def by_day(purchases: Iterable[PurchaseRecord], now: int, days: int) -> list[Tally]:
    """
    Return the totals of each of the last `days` days (UTC), oldest first, including days without
    purchases.
    """
    first = first_of_days(now, days) // DAY
    found = {number: Tally(_date(number)) for number in range(first, first + days)}
    sums = _sums(
        (
            (each.at // DAY, each.approved, each.currency),
            each.counted if each.approved else each.amount,
        )
        for each in purchases
    )
    for (day, approved, currency), (number, amount) in sums.items():
        if day in found:
            found[day].add(currency, number, amount, approved=approved)
    return [*found.values()]


def _date(day: int) -> str:
    return f"{dt.datetime.fromtimestamp(day * DAY, dt.UTC):%Y-%m-%d}"
