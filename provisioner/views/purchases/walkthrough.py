"""Formats one test purchase, from start to finish, as text and as JSON values."""

from collections.abc import Mapping
from typing import Any

from provisioner.core.model.json_document import FORMAT_VERSION
from provisioner.core.model.money import show_money
from provisioner.engine.purchases.walkthrough import Walk

Document = Mapping[str, Any]


def walk_document(address: str, walked: Walk, why: str) -> dict[str, Any]:
    """Return the purchase as JSON values; amounts are in minor units, and `why` explains a decline."""
    authorization, purchase = walked.authorization, walked.purchase
    before, held, *after = walked.balances
    return {
        "format_version": FORMAT_VERSION,
        "address": address,
        "card": walked.card_id,
        "currency": walked.currency,
        "purchase": {
            "amount": purchase.amount,
            "category": purchase.category,
            "merchant_country": purchase.country,
            "authorization_method": purchase.method,
            "merchant": (authorization.get("merchant_data") or {}).get("name"),
        },
        "authorization": authorization.get("id"),
        "approved": walked.verdict.approved,
        "reason": walked.verdict.reason,
        "why": why or walked.verdict.why or None,
        "status": authorization.get("status"),
        "hold": before - held,
        "transactions": [
            {"id": one.get("id"), "amount": one.get("amount"), "type": one.get("type")}
            for one in walked.transactions
        ],
        "balance": {"before": before, "held": held, "after": after[0] if after else held},
    }


def walk_text(document: Document) -> str:
    """Format the purchase as text, one step per line."""

    def money(amount: int) -> str:
        return show_money(amount, document["currency"])

    purchase, balance, approved = document["purchase"], document["balance"], document["approved"]
    merchant = f"{purchase['merchant']} ({purchase['category']}, {purchase['merchant_country']})"
    answer = f"{'approved' if approved else 'declined'}, {document['reason']}"
    lines = [
        f"{document['address']} ({document['card']})",
        f"  purchase        {money(purchase['amount'])} at {merchant}, {purchase['authorization_method']}",
        f"  balance before  {money(balance['before'])} available for Issuing",
        f"  authorization   {document['authorization']}: {answer}",
    ]
    if document["why"]:
        lines.append(f"                  {document['why']}")
    if approved:
        lines.append(f"  hold            {money(document['hold'])}; {money(balance['held'])} still available")
    lines += [f"  {one['type']:15} {one['id']}: {money(one['amount'])}" for one in document["transactions"]]
    if approved:
        lines.append(f"  status          {document['status']}")
    lines.append(f"  balance after   {money(balance['after'])}")
    return "\n".join(lines) + "\n"
