"""Lifecycle controls: a card that cancels itself (docs.stripe.com/issuing/controls/lifecycle-controls)."""

from provisioner.sandbox.rules.cards.card import CARD, canceled
from provisioner.sandbox.rules.common.changes import save
from provisioner.sandbox.state.objects import Tx


def paid(tx: Tx, card_id: str) -> None:
    """Count one payment (a non-zero authorization or a forced capture); the last one cancels the card."""
    card = tx.fetch(CARD, card_id)
    after = (card["lifecycle_controls"] or {}).get("cancel_after")
    if after is None or card["status"] == "canceled":
        return
    card["_payments"] = card.get("_payments", 0) + 1
    tx.put(CARD, card)
    if card["_payments"] >= after["payment_count"]:
        save(tx, CARD, canceled(card, None), "issuing_card.updated")
