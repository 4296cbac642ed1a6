"""
The two objects that card use leaves, and how they are shown: authorizations and transactions.

docs.stripe.com/api/issuing/authorizations, docs.stripe.com/api/issuing/transactions
"""

from typing import Any

from provisioner.sandbox.registry import registered
from provisioner.sandbox.rules.cards.card import CARD
from provisioner.sandbox.rules.money.ledger import BALANCE_TRANSACTION
from provisioner.sandbox.state.objects import Resource, Tx, as_they_are

Json = dict[str, Any]
EXPIRY = "authorization.expire"  # the timer of an authorization that nobody captures


def _bare(stored: Json) -> Json:
    return {name: value for name, value in stored.items() if not name.startswith("_")}


def show_authorization(tx: Tx, stored: Json) -> Json:
    """An authorization as it is answered: with its card, transactions and balance transactions whole."""
    shown = _bare(stored)
    shown["card"] = CARD.show(tx, tx.fetch(CARD, stored["card"]))
    shown["transactions"] = [_bare(tx.fetch(TRANSACTION, one)) for one in stored["transactions"]]
    shown["balance_transactions"] = [
        tx.fetch(BALANCE_TRANSACTION, one) for one in stored["balance_transactions"]
    ]
    return shown


def _kept(tx: Tx, resource: Resource, shown: Json, name: str) -> Json:
    return {name: tx.fetch(resource, shown["id"])[f"_{name}"]}


TRANSACTION: Resource = registered(
    Resource(
        "issuing.transaction",
        "ipi_",
        "issuing transaction",
        filters=("card", "cardholder", "type"),
        show=lambda _tx, stored: _bare(stored),
        expandable={
            "authorization": ("issuing.authorization",),
            "balance_transaction": ("balance_transaction",),
            "card": ("issuing.card",),
            "cardholder": ("issuing.cardholder",),
            "dispute": (),
            "token": (),
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
        show=show_authorization,
        expandable={"cardholder": ("issuing.cardholder",), "token": ()},
        embedded={
            "balance_transactions": "balance_transaction",
            "card": "issuing.card",
            "transactions": "issuing.transaction",
        },
        secret={"fraud_challenges": lambda tx, shown: _kept(tx, AUTHORIZATION, shown, "fraud_challenges")},
    )
)
