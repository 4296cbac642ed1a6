"""A purchase as the pages show it: one authorization, with the amount of it that counts towards limits."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from provisioner.core.purchases.history import counted, id_of


class PurchaseRecord(Struct, frozen=True, gc=False):
    """One authorization, with amounts in minor units of the card's currency."""

    id: str
    """Stripe's id of the authorization."""
    at: int
    """The time of its creation (Unix seconds); the amount counts in the windows of that time."""
    card: str
    """Stripe's id of the card."""
    holder: str
    """Stripe's id of the cardholder; empty if Stripe does not return it."""
    amount: int
    """The approved or declined amount."""
    counted: int
    """The amount that counts towards limits: captured plus still held; 0 if it was declined or reversed."""
    currency: str
    """The card's currency."""
    approved: bool
    """Stripe's decision."""
    reason: str = ""
    """Stripe's reason for the last decision, such as `spending_controls`."""
    status: str = ""
    """Stripe's status: `pending`, `closed`, `reversed` or `expired`."""
    category: str = ""
    """The merchant's category."""
    country: str = ""
    """The merchant's country."""
    method: str = ""
    """The method by which the card was read, such as `online` or `chip`."""
    merchant: str = ""
    """The merchant's name; empty unless names were requested."""


def read_record(raw: Mapping[str, Any], *, names: bool = False) -> PurchaseRecord:
    """Convert an authorization from Stripe's response; the merchant's name is kept only with `names`."""
    merchant, card = raw.get("merchant_data") or {}, raw.get("card")
    decisions = raw.get("request_history") or ()
    embedded = card if isinstance(card, Mapping) else {}
    used = counted(raw) if raw.get("approved") else 0
    return PurchaseRecord(
        id=str(raw["id"]),
        at=int(raw["created"]),
        card=id_of(card),
        holder=id_of(raw.get("cardholder") or embedded.get("cardholder")),
        amount=max(int(raw["amount"]), used),
        counted=used,
        currency=str(raw.get("currency") or embedded.get("currency") or ""),
        approved=bool(raw.get("approved")),
        reason=str(decisions[-1]["reason"]) if decisions else "",
        status=str(raw.get("status") or ""),
        category=str(merchant.get("category") or ""),
        country=str(merchant.get("country") or ""),
        method=str(raw.get("authorization_method") or ""),
        merchant=str(merchant.get("name") or "") if names else "",
    )
