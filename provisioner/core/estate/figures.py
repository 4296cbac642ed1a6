"""The figures of an estate that are kept, so that they can be shown over time; nothing personal."""

from typing import Any

from msgspec import Struct

from provisioner.core.estate.model import Estate
from provisioner.core.estate.rows import CardRow, EstateFigures


class CardVersion(Struct, frozen=True):
    """The part of a card that is kept: its controls, without the names of people."""

    id: str
    """Stripe's id."""
    address: str
    """Section and name in the YAML; empty if it is not managed."""
    team: str
    """The team."""
    holder: str
    """Stripe's id of the cardholder."""
    status: str
    """Stripe's status."""
    limits: tuple[tuple[str, int, str, tuple[str, ...]], ...]
    """Its limits and its cardholder's: the owner, amount, interval and categories of each."""
    controls: tuple[tuple[str, str], ...]
    """The names of its other controls, with their values."""


def figures_of(estate: Estate) -> EstateFigures:
    """Return the sums of an estate."""
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
    """Return the part of a card that is kept."""
    limits = tuple((each.whose, each.amount, each.interval, each.categories) for each in card.limits)
    return CardVersion(card.id, card.address, card.team, card.holder_id, card.status, limits, card.controls)


def used_of(card: CardRow) -> list[Any]:
    """Return what of each limit of a card is used, in the order of its limits."""
    return [each.used for each in card.limits]
