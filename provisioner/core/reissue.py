"""Reissue: a new card in place of one that is lost, stolen, damaged or about to expire.

docs.stripe.com/issuing/cards/replacements: a lost or stolen card is canceled before it is replaced; a
damaged or expired one stays usable until its successor is activated, which cancels it.
"""

from collections.abc import Set as AbstractSet

from provisioner.core.crud import references
from provisioner.core.model import Address, Declared, Live

LOST = frozenset({"lost", "stolen"})
KEPT = ("cardholder", "type", "currency")  # what a successor must have of the card before it


def reissued_for(declared: Declared, live: Live) -> str:
    """The reason of a reissue that is asked for and not done yet, else empty."""
    asked = declared.lifecycle.reissue
    return asked.reason if asked and asked.number > live.stamp.reissued else ""


def successor(declared: Declared, live: Live, replaced: AbstractSet[Address]) -> dict[str, str]:
    """
    The parameters by which a new card names the one that it is issued for, where it may.

    Not of another holder (one of the `replaced` is), type or currency; and of a card that is canceled
    already only as lost or stolen. Otherwise it is a new card, with nothing said of the old one.
    """
    why = reissued_for(declared, live)
    alike = all(declared.fields.get(name) == live.fields.get(name) for name in KEPT)
    if not why or not alike or replaced & references(declared.fields) or (live.final and why not in LOST):
        return {}
    return {"replacement_for": live.id, "replacement_reason": why}
