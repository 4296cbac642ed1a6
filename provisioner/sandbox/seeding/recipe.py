"""The options for past purchases to write, and the totals of those that were written."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


def _nothing_new(_card_id: str, metadata: Mapping[str, str]) -> Mapping[str, str]:
    return metadata


@dataclass(frozen=True)
class Recipe:
    """The options for past purchases to write."""

    cards: Sequence[str]
    """The ids of the cards that make purchases."""
    purchases: int
    """The number of purchases."""
    days: int
    """The number of days before the present."""
    seed: int
    """The random seed; the same seed at the same sandbox time gives the same purchases."""
    renewed: Callable[[str, Mapping[str, str]], Mapping[str, str]] = _nothing_new
    """Returns the metadata of a card's replacement, given the id and the metadata of the card."""
    at: int | None = None
    """The time (Unix seconds) at which the sandbox's clock is stopped first; None to let it run."""


@dataclass
class WrittenPast:
    """The totals of the purchases written; amounts are in minor units."""

    begin: int = 0
    """The time of the beginning (Unix seconds)."""
    end: int = 0
    """The time of the end (Unix seconds), which is the present."""
    currency: str = ""
    """The currency of all amounts."""
    purchases: int = 0
    """The number of purchases."""
    approved: int = 0
    """The number of approved purchases."""
    amount: int = 0
    """The total of the approved purchases."""
    declined: Counter[str] = field(default_factory=Counter)
    """The number of declined purchases, by Stripe's reason."""
    followed: Counter[str] = field(default_factory=Counter)
    """The number of captures, refunds, reversals and other later changes, by name."""
    cards: int = 0
    """The number of cards that made purchases."""
