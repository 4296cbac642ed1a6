"""Filters and totals of the purchases that a page shows."""

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


def matching(
    purchases: Iterable[PurchaseRecord], wanted: PurchaseFilter, cards: Mapping[str, CardRow]
) -> Iterator[PurchaseRecord]:
    """Yield the purchases that match a filter; `cards` maps ids to the rows of cards."""
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
    """Return the totals of purchases by the value of `key`, the most frequent first."""
    # many purchases share few values: a tally is touched once for each of these, not for each purchase
    sums: dict[tuple[str, bool, str], list[int]] = {}
    for each in purchases:
        shared = key(each) or UNKNOWN, each.approved, each.currency
        number_and_amount = sums.get(shared)
        if number_and_amount is None:
            number_and_amount = sums[shared] = [0, 0]
        number_and_amount[0] += 1
        number_and_amount[1] += each.counted if each.approved else each.amount
    found: dict[str, Tally] = {}
    for (name, approved, currency), (number, amount) in sums.items():
        tally = found.setdefault(name, Tally(name))
        if approved:
            tally.approved += number
            tally.spent[currency] = amount
        else:
            tally.declined += number
            tally.refused[currency] = amount
    return sorted(found.values(), key=lambda tally: (-(tally.approved + tally.declined), tally.name))


def total(purchases: Iterable[PurchaseRecord]) -> Tally:
    """Return the totals of all purchases."""
    return next(iter(tallies(purchases, lambda _each: "all")), Tally("all"))


def by_day(purchases: Iterable[PurchaseRecord], now: int, days: int) -> list[Tally]:
    """
    Return the totals of each of the last `days` days (UTC), oldest first, including days without
    purchases.
    """
    found = defaultdict[int, list[PurchaseRecord]](list)
    for each in purchases:
        found[each.at // DAY].append(each)
    last = now // DAY
    return [_of_day(number, found.get(number, ())) for number in range(last - days + 1, last + 1)]


def _of_day(number: int, purchases: Sequence[PurchaseRecord]) -> Tally:
    tally = total(purchases)
    tally.name = f"{dt.datetime.fromtimestamp(number * DAY, dt.UTC):%Y-%m-%d}"
    return tally
