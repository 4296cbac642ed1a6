"""The wishes for a past, and the account of the one that was written."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


def _nothing_new(_card_id: str, metadata: Mapping[str, str]) -> Mapping[str, str]:
    return metadata


@dataclass(frozen=True)
class Recipe:
    """A past to write."""

    cards: Sequence[str]
    """The ids of the cards that make purchases."""
    purchases: int
    """The number of purchases."""
    days: int
    """The number of days up to the present."""
    seed: int
    """The number that chance starts from: the same one makes the same past, at the same present."""
    renewed: Callable[[str, Mapping[str, str]], Mapping[str, str]] = _nothing_new
    """Returns the metadata of a card's replacement, given the id and the metadata of the card."""
    at: int | None = None
    """The time (Unix seconds) at which the sandbox's clock is stopped first; None lets it run."""


@dataclass
class WrittenPast:
    """The totals of a written past; amounts are in minor units."""

    begin: int = 0
    """The time at which it begins (Unix seconds)."""
    end: int = 0
    """The time at which it ends: the present."""
    currency: str = ""
    """The currency of all amounts."""
    purchases: int = 0
    """The number of purchases."""
    approved: int = 0
    """The number of those that were approved."""
    amount: int = 0
    """The amount of the approved ones."""
    declined: Counter[str] = field(default_factory=Counter)
    """The number of those that were declined, by Stripe's reason."""
    followed: Counter[str] = field(default_factory=Counter)
    """The number of captures, refunds, reversals and the like, by name."""
    cards: int = 0
    """The number of cards that made purchases."""
