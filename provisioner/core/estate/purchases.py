"""Purchases to look at: filtered, by day, and by what they have in common."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from provisioner.core.estate.rows import CardRow
from provisioner.core.purchases.record import PurchaseRecord

DAY = 86_400
UNKNOWN = "(unknown)"
OUTCOMES = ("approved", "declined")


class PurchaseFilter(Struct, frozen=True):
    """The purchases that are asked for; empty values ask for all."""

    outcome: str = ""
    """`approved` or `declined`."""
    team: str = ""
    """The team of the card."""
    reason: str = ""
    """Stripe's reason."""
    category: str = ""
    """The category of the merchant."""
    text: str = ""
    """A part of the card's name or id, of the purchase's id, or of the merchant's name."""


EVERYTHING = PurchaseFilter()


class Tally(Struct):
    """The purchases that have something in common."""

    name: str
    """The value that they have in common."""
    approved: int = 0
    """The number of approved purchases."""
    declined: int = 0
    """The number of declined purchases."""
    spent: dict[str, int] = {}
    """The amounts spent with approved ones, in minor units by currency."""
    refused: dict[str, int] = {}
    """The amounts that declined ones asked for, in minor units by currency."""


def matching(
    purchases: Iterable[PurchaseRecord], wanted: PurchaseFilter, cards: Mapping[str, CardRow]
) -> Iterator[PurchaseRecord]:
    """Yield the purchases that a filter asks for; `cards` has the rows of the cards by id."""
    if wanted == EVERYTHING:
        yield from purchases
        return
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


def tallies(purchases: Iterable[PurchaseRecord], key: Callable[[PurchaseRecord], str]) -> list[Tally]:
    """Return the purchases summed up by what they have in common, the most frequent first."""
    found: dict[str, Tally] = {}
    for each in purchases:
        name = key(each) or UNKNOWN
        tally = found.get(name)
        if tally is None:
            tally = found[name] = Tally(name)
        add(tally, each)
    return sorted(found.values(), key=lambda tally: (-(tally.approved + tally.declined), tally.name))


def add(tally: Tally, purchase: PurchaseRecord) -> None:
    """Count a purchase."""
    if purchase.approved:
        tally.approved += 1
        tally.spent[purchase.currency] = tally.spent.get(purchase.currency, 0) + purchase.counted
    else:
        tally.declined += 1
        tally.refused[purchase.currency] = tally.refused.get(purchase.currency, 0) + purchase.amount


def total(purchases: Iterable[PurchaseRecord]) -> Tally:
    """Return the sum of purchases."""
    tally = Tally("all")
    for each in purchases:
        add(tally, each)
    return tally


def by_day(purchases: Iterable[PurchaseRecord], now: int, days: int) -> list[Tally]:
    """Return a tally for each of the last days (UTC), oldest first, also for those without purchases."""
    found = defaultdict[int, list[PurchaseRecord]](list)
    for each in purchases:
        found[each.at // DAY].append(each)
    last = now // DAY
    return [_of_day(number, found.get(number, ())) for number in range(last - days + 1, last + 1)]


def _of_day(number: int, purchases: Sequence[PurchaseRecord]) -> Tally:
    tally = total(purchases)
    tally.name = f"{dt.datetime.fromtimestamp(number * DAY, dt.UTC):%Y-%m-%d}"
    return tally
