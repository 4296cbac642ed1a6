"""Replacement of cards: docs.stripe.com/issuing/cards/replacements."""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.rules.common.changes import save
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Resource, Tx

Json = dict[str, Any]


def replaced(tx: Tx, cards: Resource, params: Mapping[str, Any]) -> Json | None:
    """
    Return the card that a new one replaces, or None.

    The request must have both the reason and the card, and the cardholder must be the same. A lost or stolen
    card must be canceled for that reason first; a damaged or expired one must not be canceled; a damaged one
    must be physical (docs.stripe.com/api/issuing/cards/create, replacement_reason). Raises ApiError for
    anything else.
    """
    old_id, reason = params.get("replacement_for"), params.get("replacement_reason")
    if old_id is None and reason is None:
        return None
    if old_id is None or reason is None:
        missing = "replacement_for" if old_id is None else "replacement_reason"
        raise invalid(f"Missing required param: {missing}.", missing, "parameter_missing")
    old = tx.fetch(cards, old_id, "replacement_for")
    for field in ("cardholder", "type", "currency"):
        if old[field] != params[field]:
            raise invalid(f"A replacement must have the {field} of the card that it replaces.", field)
    if reason == "damaged" and old["type"] != "physical":
        raise invalid("Only a physical card can be replaced as damaged.", "replacement_reason")
    if reason in {"lost", "stolen"} and old["cancellation_reason"] != reason:
        raise invalid(f"Card {old_id} must be canceled as {reason} before it is replaced.", "replacement_for")
    if reason in {"damaged", "expired"} and old["status"] == "canceled":
        raise invalid(f"Card {old_id} is canceled and cannot be replaced as {reason}.", "replacement_for")
    return old


def point_from(tx: Tx, cards: Resource, old: Json | None, new: Json) -> None:
    """Store the id of the replacement in the replaced card."""
    if old is not None:
        current = tx.fetch(cards, old["id"])
        save(tx, cards, {**current, "replaced_by": new["id"]}, "issuing_card.updated")
