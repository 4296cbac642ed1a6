"""Filters and sorts the cards that a page shows."""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from provisioner.core.estate.rows import CardRow

OPEN = "open"  # any status but `canceled`


class CardFilter(Struct, frozen=True):
    """A filter of cards; an empty value matches all cards."""

    text: str = ""
    """A part of the card's name, its id, or the cardholder's name."""
    team: str = ""
    """The team."""
    holder: str = ""
    """The cardholder's name in the configuration."""
    status: str = OPEN
    """Stripe's status; `open` for all but canceled cards."""
    managed: str = ""
    """`yes` for managed cards, `no` for others."""
    sort: str = "used"
    """The sort order, one of `ORDERS`."""


ORDERS: Mapping[str, tuple[str, Callable[[CardRow], object]]] = {
    "used": ("Most used limit", lambda row: (-row.tightest.share if row.tightest else 1.0, row.name)),
    "name": ("Name", lambda row: (not row.address, row.name)),
    "spent": ("Most spent this month", lambda row: (-row.spent_month, row.name)),
    "declined": ("Most declined", lambda row: (-row.declined, row.name)),
    "newest": ("Newest", lambda row: (-row.created, row.name)),
}


def chosen_cards(cards: Iterable[CardRow], wanted: CardFilter) -> list[CardRow]:
    """Return the cards that match a filter, in its order."""
    text = wanted.text.casefold()

    def fits(row: CardRow) -> bool:
        status = row.status != "canceled" if wanted.status == OPEN else row.status == wanted.status
        return (
            (status or not wanted.status)
            and (not wanted.team or row.team == wanted.team)
            and (not wanted.holder or row.holder == wanted.holder)
            and (not wanted.managed or bool(row.address) == (wanted.managed == "yes"))
            and (not text or any(text in name.casefold() for name in _names(row)))
        )

    order = ORDERS.get(wanted.sort, ORDERS["used"])[1]
    return sorted(filter(fits, cards), key=order)  # type: ignore[arg-type]  # each order has one type


def _names(row: CardRow) -> tuple[str, ...]:
    return row.name, row.id, row.holder, row.person
