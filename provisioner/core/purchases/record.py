"""A purchase as people look at it: one authorization, with what of it counts towards limits."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from provisioner.core.purchases.history import counted, id_of


class PurchaseRecord(Struct, frozen=True, gc=False):
    """One authorization. Amounts are in minor units of the card's currency."""

    id: str
    """Stripe's id."""
    at: int
    """The time of its creation (Unix seconds), whose windows it counts in."""
    card: str
    """Stripe's id of the card."""
    holder: str
    """Stripe's id of the cardholder; empty if Stripe does not say it."""
    amount: int
    """The amount that was approved or declined."""
    counted: int
    """The amount that counts towards limits: captured or still held; 0 if it was declined or reversed."""
    currency: str
    """The currency of the card."""
    approved: bool
    """Stripe's decision."""
    reason: str = ""
    """Stripe's reason for the last decision, such as `spending_controls`."""
    status: str = ""
    """Stripe's status: pending, closed, reversed or expired."""
    category: str = ""
    """The category of the merchant."""
    country: str = ""
    """The country of the merchant."""
    method: str = ""
    """The way in which the card was read."""
    merchant: str = ""
    """The name of the merchant; empty unless names are asked for."""


def read_record(raw: Mapping[str, Any], *, names: bool = False) -> PurchaseRecord:
    """Return an authorization, read from Stripe's answer; with `names`, the merchant's name is kept."""
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
