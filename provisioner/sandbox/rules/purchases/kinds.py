"""
Authorizations and transactions, and their form in responses.

docs.stripe.com/api/issuing/authorizations, docs.stripe.com/api/issuing/transactions
"""

from typing import Any

from provisioner.sandbox.registry import registered, resource_of
from provisioner.sandbox.rules.common import unknowns
from provisioner.sandbox.state.objects import Resource, Tx, as_they_are, without_private

Json = dict[str, Any]
CARD = "issuing.card"
CARDHOLDER = "issuing.cardholder"
_RECEIVED = ("received_credit", "received_debit")
EXPIRY = "authorization.expire"  # the scheduled action for an authorization that is not captured


def show_authorization(tx: Tx, stored: Json) -> Json:
    """Return an authorization in the form of responses, with its card and its transactions."""
    shown = without_private(tx, stored)
    shown["card"] = resource_of(CARD).shown(tx, stored["card"])
    shown["transactions"] = [TRANSACTION.shown(tx, one) for one in stored["transactions"]]
    entries = resource_of("balance_transaction")
    if stored["_fraud_challenges"] is not None and unknowns.on(tx, "fraud_challenges_shown"):
        shown["fraud_challenges"] = stored["_fraud_challenges"]
    shown["balance_transactions"] = [entries.shown(tx, one) for one in stored["balance_transactions"]]
    if "_treasury_transaction" in stored:
        moved = [one.get("treasury", {}) for one in shown["transactions"]]
        shown["treasury"] = {
            **{f"{name}s": [one[name] for one in moved if one.get(name)] for name in _RECEIVED},
            "transaction": stored["_treasury_transaction"],
        }
    return shown


def _kept(tx: Tx, resource: Resource, shown: Json, name: str) -> Json:
    return {name: tx.fetch(resource, shown["id"])[f"_{name}"]}


TRANSACTION: Resource = registered(
    Resource(
        "issuing.transaction",
        "ipi_",
        "issuing transaction",
        filters=("card", "cardholder", "type"),
        show=without_private,
        expandable={
            "authorization": ("issuing.authorization",),
            "balance_transaction": ("balance_transaction",),
            "card": ("issuing.card",),
            "cardholder": ("issuing.cardholder",),
            "dispute": ("issuing.dispute",),
            "token": ("issuing.token",),
        },
        texts=as_they_are,
        secret={"purchase_details": lambda tx, shown: _kept(tx, TRANSACTION, shown, "purchase_details")},
    )
)
AUTHORIZATION: Resource = registered(
    Resource(
        "issuing.authorization",
        "iauth_",
        "issuing authorization",
        filters=("card", "cardholder", "status"),
        spending=lambda stored: (stored["_captured"] + stored["_held"], stored["merchant_data"]["category"]),
        show=show_authorization,
        expandable={"cardholder": ("issuing.cardholder",), "token": ("issuing.token",)},
        embedded={
            "balance_transactions": "balance_transaction",
            "card": "issuing.card",
            "transactions": "issuing.transaction",
        },
        secret={"fraud_challenges": lambda tx, shown: _kept(tx, AUTHORIZATION, shown, "fraud_challenges")},
    )
)
