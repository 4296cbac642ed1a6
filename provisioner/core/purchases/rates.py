"""
Exchange rates derived from past purchases, which have an amount in the card's and in the merchant's
currency.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable

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
                before = days.get(day, (low, high))
                both = (max(before[0], low), min(before[1], high))
                # the range on which two agree, or the narrower one if they do not
                one = before if before[1] - before[0] <= high - low else (low, high)
                days[day] = both if both[0] <= both[1] else one

    def convert(self, amount: int, named: str, currency: str, at: int) -> int | None:
        """
        Return an amount in the card's currency, at the rate of a time; None if no purchase shows the
        rate.
        """
        pair, day = (currency, named), at // DAY
        if pair not in self.known:
            return None
        if (pair, day) not in self.around:
            days = self.known[pair]
            order = sorted(days)
            middle = bisect_left(order, day)
            nearest = sorted(order[max(0, middle - 30) : middle + 30], key=lambda each: abs(each - day))
            found = days[nearest[0]]
            for each in nearest[1:]:  # as long as the days around agree, the rate may not have changed
                both = (max(found[0], days[each][0]), min(found[1], days[each][1]))
                if both[0] > both[1]:
                    break
                found = both
            self.around[pair, day] = (found[0] + found[1]) / 2
        return round(amount / self.around[pair, day])
