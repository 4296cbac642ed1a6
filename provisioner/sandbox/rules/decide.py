"""Whether a purchase is approved, and why not (reasons: SDK, Authorization.RequestHistory.reason)."""

from typing import Any

from provisioner.sandbox.rules import ledger
from provisioner.sandbox.rules.cardholder import CARDHOLDER
from provisioner.sandbox.rules.person import requirements
from provisioner.sandbox.tx import Tx

Json = dict[str, Any]

APPROVED = "card_active"


def reason(tx: Tx, card: Json, amount: int, currency: str) -> str:
    """The reason of the decision on a purchase: `card_active` approves, any other declines."""
    holder = tx.fetch(CARDHOLDER, card["cardholder"])
    if card["status"] != "active":
        return f"card_{card['status']}"
    if holder["status"] != "active":
        return f"cardholder_{holder['status']}"
    if requirements(tx, holder)["disabled_reason"]:
        return "cardholder_verification_required"
    if ledger.available(tx, "issuing").get(currency, 0) < amount:
        return "insufficient_funds"
    return APPROVED
