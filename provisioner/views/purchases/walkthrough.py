"""One test purchase from end to end, as text and as JSON values."""

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.model.money import show_money
from provisioner.engine.purchases.walkthrough import Walk
from provisioner.views.version import FORMAT_VERSION

Document = Mapping[str, Any]


def walk_document(address: str, walked: Walk, why: str) -> dict[str, Any]:
    """The walk as JSON values; amounts are minor units. `why` explains a refusal from the declaration."""
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
    """The walk as people read it, one step a line."""
    return "".join(f"{line}\n" for line in _lines(document))


def _lines(document: Document) -> Iterator[str]:
    def money(amount: int) -> str:
        return show_money(amount, document["currency"])

    purchase, balance = document["purchase"], document["balance"]
    merchant = f"{purchase['merchant']} ({purchase['category']}, {purchase['merchant_country']})"
    yield f"{document['address']} ({document['card']})"
    yield f"  purchase        {money(purchase['amount'])} at {merchant}, {purchase['authorization_method']}"
    yield f"  balance before  {money(balance['before'])} available for Issuing"
    answer = "approved" if document["approved"] else "declined"
    yield f"  authorization   {document['authorization']}: {answer}, {document['reason']}"
    if document["why"]:
        yield f"                  {document['why']}"
    if document["approved"]:
        yield f"  hold            {money(document['hold'])}; {money(balance['held'])} left available"
    for one in document["transactions"]:
        yield f"  {one['type']:15} {one['id']}: {money(one['amount'])}"
    if document["approved"]:
        yield f"  status          {document['status']}"
    yield f"  balance after   {money(balance['after'])}"
