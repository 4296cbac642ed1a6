"""The totals of an estate that are stored to be shown over time. They contain nothing personal."""

from typing import Any

from msgspec import Struct

from provisioner.core.estate.model import Estate
from provisioner.core.estate.rows import CardRow, EstateFigures


class CardVersion(Struct, frozen=True):
    """The part of a card that is stored: its controls, without people's names."""

    id: str
    """Stripe's id."""
    address: str
    """Its section and name in the YAML; empty if it is not managed."""
    team: str
    """The team."""
    holder: str
    """Stripe's id of the cardholder."""
    status: str
    """Stripe's status."""
    limits: tuple[tuple[str, int, str, tuple[str, ...]], ...]
    """The limits of the card and its cardholder: owner, amount, interval, and categories of each."""
    controls: tuple[tuple[str, str], ...]
    """The names and values of its other controls."""


def figures_of(estate: Estate) -> EstateFigures:
    """Return the totals of an estate."""
    exposure: dict[str, int] = {}
    spent: dict[str, int] = {}
    for team in estate.teams:
        exposure[team.currency] = exposure.get(team.currency, 0) + team.exposure
        spent[team.currency] = spent.get(team.currency, 0) + team.spent
    return EstateFigures(
        at=estate.now,
        balances={each.currency: each.available for each in estate.balances},
        exposure=exposure,
        spent=spent,
        active=sum(card.status == "active" for card in estate.cards),
        drift=estate.drift.summary.drift,
    )


def version_of(card: CardRow) -> CardVersion:
    """Return the part of a card that is stored."""
    limits = tuple((each.whose, each.amount, each.interval, each.categories) for each in card.limits)
    return CardVersion(card.id, card.address, card.team, card.holder_id, card.status, limits, card.controls)


def used_of(card: CardRow) -> list[Any]:
    """Return the used amount of each limit of a card, in the order of its limits."""
    return [each.used for each in card.limits]
