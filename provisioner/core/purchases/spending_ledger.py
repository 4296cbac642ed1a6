"""
Counts how much of each limit is spent over time. It stores only the current window, so memory is
bounded.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from provisioner.core.purchases.rules import NO_CATEGORIES, PER_AUTHORIZATION, Limit
from provisioner.core.purchases.windows import PLACES

SINGLE = -1  # the place of per-purchase limits, towards which nothing is counted


class WindowTally(Struct):
    """The amount counted in the current window, towards limits of one interval and one set of categories."""

    place: int
    """The index of the interval in `Windows`; -1 for per-purchase limits."""
    categories: frozenset[str]
    """The categories that count; empty for all."""
    window: int = 0
    """The current window; older ones no longer matter."""
    spent: int = 0
    """The amount counted by Stripe's decisions."""
    shift: int = 0
    """The additional amount that would count under the plan; negative if less would count."""
    most: int = 0
    """The most that approved purchases have used in any one window."""
    most_at: int = 0
    """The time of the purchase that reached this amount (Unix seconds)."""
    declines: int = 0
    """The number of purchases that the planned limit would decline."""


class SpendingLedger(Struct):
    """The amounts counted towards the limits of a cardholder, or of a card and the cards that it replaced."""

    tallies: list[WindowTally] = []
    """One tally for each combination of interval and categories among the limits."""
    is_shifted: bool = False
    """True once the plan has made a difference to any amount."""

    def tally(self, limit: Limit) -> WindowTally:
        """Return the tally of a limit. All tallies must be created before the first amount is added."""
        place = SINGLE if limit.interval == PER_AUTHORIZATION else PLACES[limit.interval]
        return self.tally_at(place, limit.categories)

    def tally_at(self, place: int, categories: frozenset[str] = NO_CATEGORIES) -> WindowTally:
        """Return the tally of an interval, given by its index, and of a set of categories."""
        for each in self.tallies:
            if each.place == place and each.categories == categories:
                return each
        made = WindowTally(place, categories)
        self.tallies.append(made)
        return made

    def add(self, began: Sequence[int], category: str, amount: int, shift: int = 0) -> None:
        """
        Add an amount to the windows in which an authorization began; `shift` is the plan's difference to it.

        Windows only move forward.
        """
        for tally in self.tallies:
            place = tally.place
            if place < 0 or (tally.categories and category not in tally.categories):
                continue
            window = began[place]
            if window == tally.window:
                tally.spent += amount
                tally.shift += shift
            elif window > tally.window:
                tally.window, tally.spent, tally.shift = window, amount, shift

    def note_use(self, now: Sequence[int], category: str, amount: int, total: int, at: int) -> None:
        """Record how much of each limit an approved request uses; call it before the amount is added."""
        for tally in self.tallies:
            if tally.categories and category not in tally.categories:
                continue
            used = (
                total
                if tally.place < 0
                else amount + (tally.spent if tally.window == now[tally.place] else 0)
            )
            if used > tally.most:
                tally.most, tally.most_at = used, at


def spent_of(tallies: Iterable[WindowTally], now: Sequence[int]) -> list[int]:
    """Return for each tally the amount spent in its window at a time."""
    return [tally.spent if tally.window == now[tally.place] else 0 for tally in tallies]


def planned_of(tallies: Iterable[WindowTally], now: Sequence[int]) -> list[int]:
    """Return for each tally the amount that would be spent under the plan."""
    return [tally.spent + tally.shift if tally.window == now[tally.place] else 0 for tally in tallies]
