"""
Exchange rates derived from past purchases, which have an amount in the card's and in the merchant's
currency.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from provisioner.core.purchases.past import Moment, PastRequest
from provisioner.core.purchases.windows import DAY

Pair = tuple[str, str]


class ExchangeRates(Struct):
    """The exchange rates between the currencies of cards and those of their cardholders' limits."""

    known: dict[Pair, dict[int, tuple[float, float]]] = field(default_factory=lambda: defaultdict(dict))
    """For each pair of currencies and day, the lowest and highest rate that fits the day's purchases."""
    around: dict[tuple[Pair, int], float] = {}
    """The rates computed so far, by pair of currencies and day."""

    def learn(self, moments: Iterable[Moment], wanted: Iterable[Pair]) -> None:
        """
        Learn the rates of some pairs from purchases. Amounts are rounded, so each purchase gives a
        range.
        """
        pairs = frozenset(wanted)
        for each in moments:
            if not isinstance(each, PastRequest) or not each.first:
                continue  # An increase uses the rate of the first request, including its rounding.
            if each.amount < 1 or each.merchant_amount < 1:
                continue
            pair = (each.currency, each.merchant_currency)
            if pair in pairs:
                low = (each.merchant_amount - 0.5) / each.amount
                high = (each.merchant_amount + 0.5) / each.amount
                days, day = self.known[pair], each.at // DAY
                days[day] = _closer(days.get(day, (low, high)), (low, high))

    def convert(self, amount: int, named: str, currency: str, at: int) -> int | None:
        """
        Return an amount in the card's currency, at the rate of a time; None if no purchase shows the
        rate.
        """
        pair, day = (currency, named), at // DAY
        if pair not in self.known:
            return None
        if (pair, day) not in self.around:
            self.around[pair, day] = self._rate(self.known[pair], day)
        return round(amount / self.around[pair, day])

    def _rate(self, days: Mapping[int, tuple[float, float]], day: int) -> float:
        """
        Return the rate of the purchases nearest to a day.

        The ranges of the days around it are narrowed down as long as they overlap, because the rate may not
        have changed.
        """
        order = sorted(days)
        middle = bisect_left(order, day)
        nearest = sorted(order[max(0, middle - 30) : middle + 30], key=lambda each: abs(each - day))
        found = days[nearest[0]]
        for each in nearest[1:]:
            both = (max(found[0], days[each][0]), min(found[1], days[each][1]))
            if both[0] > both[1]:
                break
            found = both
        return (found[0] + found[1]) / 2


def _closer(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """Return the intersection of two ranges, or the narrower range if they do not overlap."""
    both = (max(one[0], other[0]), min(one[1], other[1]))
    if both[0] <= both[1]:
        return both
    return min(one, other, key=lambda each: each[1] - each[0])
