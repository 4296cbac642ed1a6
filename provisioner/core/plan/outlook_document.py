"""The outlook in a plan's document: balances, and the exposure of teams, before and after the plan."""

from msgspec import Struct

from provisioner.core.model.json_document import Count, Currency


class BalanceDocument(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The Issuing balance of one currency."""

    currency: Currency
    available: int
    """Money in the Issuing balance now."""
    pending: int
    """Pending top-ups."""
    target: int | None
    """The target; null if it is sensitive."""
    top_up_below: int | None
    """The balance below which it is topped up; null if it is sensitive."""
    declared: str = ""
    """A keyed digest of the configured target."""

    @property
    def is_low(self) -> bool:
        """Return whether what is available or pending is below the balance that is topped up."""
        return self.top_up_below is not None and self.available + self.pending < self.top_up_below


class Power(Struct, frozen=True):
    """The monthly exposure of some cards."""

    amount: int
    """The monthly exposure of the cards whose limits bound a month, in minor units."""
    unlimited: int
    """The number of other cards: their limits bound only single purchases or some categories."""
    cards: int
    """The number of cards that can spend."""


class TeamExposure(Struct, frozen=True, kw_only=True):
    """The monthly exposure of the cards of one team."""

    team: str | None
    """The name of the team; null for several small teams together."""
    currency: str
    """Three lowercase letters; masked if sensitive."""
    others: Count
    """The number of small teams in this entry."""
    before: Power
    """The monthly exposure before the apply."""
    after: Power
    """The monthly exposure after the apply."""


class OutlookDocument(Struct, frozen=True):
    """The balances, and the exposure of teams before and after the plan."""

    balances: tuple[BalanceDocument, ...]
    """One entry for each currency with a target."""
    exposure: tuple[TeamExposure, ...]
    """
    One entry for each team: `metadata.team` of the card or its cardholder, or else the cardholder's name. The
    entry without a team combines `others` smaller teams.
    """
