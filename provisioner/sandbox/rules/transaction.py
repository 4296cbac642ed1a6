"""Transactions: what a purchase took in the end (docs.stripe.com/issuing/purchases/transactions)."""

from typing import Any

from provisioner.sandbox.changes import create as keep
from provisioner.sandbox.crud import listed, retrieve
from provisioner.sandbox.resource import Resource
from provisioner.sandbox.route import Route
from provisioner.sandbox.rules import ledger
from provisioner.sandbox.rules.card import CARD
from provisioner.sandbox.rules.cardholder import CARDHOLDER
from provisioner.sandbox.tx import Tx, new_id

Json = dict[str, Any]

TRANSACTION = Resource(
    "issuing.transaction",
    "ipi_",
    "issuing transaction",
    filters=("card", "cardholder", "type"),
    expandable={
        "balance_transaction": lambda: ledger.BALANCE_TRANSACTION,
        "card": lambda: CARD,
        "cardholder": lambda: CARDHOLDER,
    },
)


def captured(tx: Tx, held: Json, amount: int) -> Json:
    """The transaction of a captured authorization: `amount` (minor units) leaves the Issuing balance."""
    transaction_id = new_id(TRANSACTION.prefix)
    booked = ledger.book(tx, "issuing", -amount, held["currency"], "issuing_transaction", transaction_id)
    made: Json = {
        "id": transaction_id,
        "object": "issuing.transaction",
        "amount": -amount,
        "amount_details": {"atm_fee": None, "cashback_amount": None},
        "authorization": held["id"],
        "balance_transaction": booked["id"],
        "card": held["card"],
        "cardholder": held["cardholder"],
        "created": tx.now,
        "currency": held["currency"],
        "dispute": None,
        "livemode": False,
        "merchant_amount": -amount,
        "merchant_currency": held["currency"],
        "merchant_data": held["merchant_data"],
        "metadata": {},
        "network_data": {"authorization_code": None, "processing_date": None, "transaction_id": None},
        "token": None,
        "type": "capture",
        "wallet": held["wallet"],
    }
    return keep(tx, TRANSACTION, made, "issuing_transaction.created")


_URL = "/v1/issuing/transactions"
_SCOPE = "issuing_transaction"
ROUTES = (
    Route("GET", _URL, listed(TRANSACTION, _URL), "issuing.TransactionListParams", _SCOPE, TRANSACTION),
    Route(
        "GET", _URL + "/{id}", retrieve(TRANSACTION), "issuing.TransactionRetrieveParams", _SCOPE, TRANSACTION
    ),
)
