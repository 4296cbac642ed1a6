"""Spending limits, and how much of each is used in its current window."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.estate.periods import period_at
from provisioner.core.model.limits import default_limit
from provisioner.core.purchases.record import PurchaseRecord
from provisioner.core.purchases.windows import PLACES, windows

Whose = Literal["card", "cardholder", "default"]


class LimitUse(Struct, frozen=True):
    """A spending limit and the amount used of it, in minor units of `currency`."""

    whose: Whose
    """The object that the limit is set on; `default` for Stripe's default limit on a card without one."""
    amount: int
    """The limit."""
    interval: str
    """The interval of the limit."""
    currency: str
    """The currency."""
    categories: tuple[str, ...] = ()
    """The categories that it applies to; empty for all."""
    used: int | None = None
    """The amount used in the current window; None for limits per purchase, or if it cannot be known."""
    apart: Mapping[str, int] = {}
    """The amounts counted by currency, if they cannot be compared with the limit; otherwise empty."""
    begin: int = 0
    """The start of the current window (Unix seconds)."""
    end: int = 0
    """The end of the current window (Unix seconds); 0 if it never ends."""

    @property
    def left(self) -> int:
        """Return the unused amount of the limit, never less than 0."""
        return max(0, self.amount - (self.used or 0))

    @property
    def share(self) -> float:
        """Return the used share of the limit: 1 if it is used up, more if it is exceeded."""
        if not self.used:
            return 0.0
        return self.used / self.amount if self.amount else 1.0


Limit = Mapping[str, Any]


def limits_of(fields: Mapping[str, Any]) -> Sequence[Limit]:
    """Return the spending limits of a card or cardholder, in normal form."""
    found: Sequence[Limit] = (fields.get("spending_controls") or {}).get("spending_limits") or ()
    return found


def own_limits(card: Mapping[str, Any]) -> Sequence[tuple[Whose, Limit]]:
    """Return the limits of a card, or Stripe's default if it has none."""
    if limits := limits_of(card):
        return [("card", limit) for limit in limits]
    return [("default", default_limit(str(card.get("currency", ""))))]


def uses(
    limits: Iterable[tuple[Whose, Limit]], currency: str, purchases: Sequence[PurchaseRecord], now: int
) -> Iterator[LimitUse]:
    """Yield how much of each limit the purchases have used in its window at `now`."""
    for whose, limit in limits:
        period = period_at(limit["interval"], now)
        categories = tuple(limit.get("categories") or ())
        per_purchase = limit["interval"] == "per_authorization"
        yield LimitUse(
            whose=whose,
            amount=int(limit["amount"]),
            interval=limit["interval"],
            currency=currency,
            categories=categories,
            used=None if per_purchase else spent(purchases, limit["interval"], now, categories),
            begin=period.begin,
            end=0 if limit["interval"] == "all_time" or per_purchase else period.end,
        )


def spent(
    purchases: Iterable[PurchaseRecord], interval: str, now: int, categories: Sequence[str] = ()
) -> int:
    """Return the amount that purchases count towards a limit in its window, for some categories or all."""
    place = PLACES[interval]
    current = windows(now)[place]
    return sum(
        each.counted
        for each in purchases
        if each.counted
        and windows(each.at)[place] == current
        and (not categories or each.category in categories)
    )


def held_limits(
    holder: Mapping[str, Any], currency: str, purchases: Sequence[PurchaseRecord], now: int
) -> Iterator[LimitUse]:
    """
    Yield the limits of a cardholder, with their use if all that counts is in the currency of the limit.

    Otherwise, the amounts are apart by currency: Stripe converts limits at rates that it does not return.
    """
    limits: list[tuple[Whose, Mapping[str, Any]]] = [("cardholder", each) for each in limits_of(holder)]
    named = str((holder.get("spending_controls") or {}).get("spending_limits_currency") or currency)
    by_currency = defaultdict[str, list[PurchaseRecord]](list)
    for each in purchases:
        by_currency[each.currency].append(each)
    for use in uses(limits, named, by_currency[named], now):
        amounts = {} if use.used is None else _amounts(by_currency, use, now)
        yield replace(use, used=None, apart=amounts) if amounts.keys() - {named} else use


def _amounts(by_currency: Mapping[str, Sequence[PurchaseRecord]], use: LimitUse, now: int) -> dict[str, int]:
    sums = {name: spent(own, use.interval, now, use.categories) for name, own in by_currency.items()}
    return {name: amount for name, amount in sums.items() if amount}


def tightest(found: Iterable[LimitUse]) -> LimitUse | None:
    """Return the limit with the highest used share, or the smaller of equals; None if none has a window."""
    counted = [each for each in found if each.used is not None]
    return max(counted, key=lambda each: (each.share, -each.amount), default=None)
