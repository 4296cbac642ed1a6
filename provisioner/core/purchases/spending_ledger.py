"""Count through time what is spent of limits, in bounded memory: only the current window of each limit."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from provisioner.core.purchases.rules import NO_CATEGORIES, PER_AUTHORIZATION, Limit
from provisioner.core.purchases.windows import PLACES

SINGLE = -1  # the place of limits per authorization, which nothing counts towards


class WindowTally(Struct):
    """The amount that counts towards limits of one interval and the same categories, in this window."""

    place: int
    """The place of the interval among the windows of a moment; -1 for limits per authorization."""
    categories: frozenset[str]
    """The categories that count; empty for all."""
    window: int = 0
    """The current window; amounts in older ones no longer matter."""
    spent: int = 0
    """The amount that really counts."""
    shift: int = 0
    """The difference to what would count under the planned controls."""
    most: int = 0
    """The most that approved purchases have ever used in a window."""
    most_at: int = 0
    """The time of the purchase that did so (Unix seconds)."""
    declines: int = 0
    """The number of purchases that the planned limit declines."""


class SpendingLedger(Struct):
    """The amounts that count towards limits of a card, and all that it replaces, or of a cardholder."""

    tallies: list[WindowTally] = []
    """The tallies, one for each interval and set of categories that a limit has."""
    is_shifted: bool = False
    """True once the plan has made a difference."""

    def tally(self, limit: Limit) -> WindowTally:
        """Return the tally for a limit; it must exist before the first amount is added."""
        place = SINGLE if limit.interval == PER_AUTHORIZATION else PLACES[limit.interval]
        return self.tally_at(place, limit.categories)

    def tally_at(self, place: int, categories: frozenset[str] = NO_CATEGORIES) -> WindowTally:
        """Return the tally for an interval, by its place, and categories."""
        for each in self.tallies:
            if each.place == place and each.categories == categories:
                return each
        made = WindowTally(place, categories)
        self.tallies.append(made)
        return made

    def add(self, began: Sequence[int], category: str, amount: int, shift: int = 0) -> None:
        """
        Add an amount to the windows in which an authorization began, and a difference under the plan.

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
        """Remember how far an approved request uses limits; to be called before its amount is added."""
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
    """Return what is spent in the windows of a moment, for each tally."""
    return [tally.spent if tally.window == now[tally.place] else 0 for tally in tallies]


def planned_of(tallies: Iterable[WindowTally], now: Sequence[int]) -> list[int]:
    """Return what would be spent under the planned controls."""
    return [tally.spent + tally.shift if tally.window == now[tally.place] else 0 for tally in tallies]
