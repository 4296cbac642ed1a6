"""Transactions: captures and refunds of purchases (docs.stripe.com/api/issuing/transactions)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route
from provisioner.sandbox.rules.common import ledger, treasury_flows
from provisioner.sandbox.rules.common.changes import create as keep
from provisioner.sandbox.rules.common.changes import emit, previous_attributes, save
from provisioner.sandbox.rules.common.listing import listed, retrieve
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.rules.purchases import purchase_details
from provisioner.sandbox.rules.purchases.authorization_request import network_id
from provisioner.sandbox.rules.purchases.kinds import TRANSACTION
from provisioner.sandbox.state.objects import Tx, new_id

Json = dict[str, Any]


def record(tx: Tx, origin: Mapping[str, Any], amount: int, merchant_amount: int, more: Json) -> Json:
    """
    Book a capture (`amount` below 0) or a refund (above 0), and return the transaction in its stored form.

    `origin` has its card, cardholder, currency, merchant_currency, merchant_data, wallet, and
    `_financial_account`; `more` overrides members: authorization, network_data, `_purchase_details`.
    """
    made: Json = {
        "id": new_id(TRANSACTION.prefix),
        "object": "issuing.transaction",
        "amount": amount,
        "amount_details": {"atm_fee": None, "cashback_amount": None},
        "authorization": None,
        "balance_transaction": None,
        "card": origin["card"],
        "cardholder": origin["cardholder"],
        "created": tx.now,
        "currency": origin["currency"],
        "dispute": None,
        "livemode": False,
        "merchant_amount": merchant_amount,
        "merchant_currency": origin["merchant_currency"],
        "merchant_data": origin["merchant_data"],
        "metadata": {},
        "network_data": network_data(tx, None, network_id()),
        "token": origin.get("token"),
        "type": "capture" if amount < 0 else "refund",
        "wallet": origin["wallet"],
        "_financial_account": origin["_financial_account"],
        "_purchase_details": None,
        "_refunded": 0,
        **more,
    }
    if (account := made["_financial_account"]) is not None:
        made["treasury"] = treasury_flows.spend(tx, account, made)
    else:
        booked = ledger.book(tx, "issuing", amount, made["currency"], "issuing_transaction", made["id"])
        made["balance_transaction"] = booked["id"]
    keep(tx, TRANSACTION, made, "issuing_transaction.created")
    return made


def network_data(tx: Tx, authorization_code: str | None, transaction_id: str) -> Json:
    """
    Return the data of the card network; a transaction is processed on the day of its arrival.

    Its `transaction_id` is that of the authorization, and matches messages about the same purchase.
    """
    today = dt.datetime.fromtimestamp(tx.now, dt.UTC).date()
    return {
        "authorization_code": authorization_code,
        "processing_date": today.isoformat(),
        "transaction_id": transaction_id,
    }


def update(call: HandlerCall) -> Json:
    """
    Update a transaction's metadata.

    Stripe's CLI also sends the receipt of a purchase, which is not in the API reference
    (stripe-cli, issuing_transaction.purchase_details_receipt_updated).
    """
    tx = call.tx
    found = tx.fetch(TRANSACTION, call.id)
    found["metadata"] = merged(found["metadata"], call.params)
    shown = save(tx, TRANSACTION, found, "issuing_transaction.updated")
    if "purchase_details" in call.params:
        before = found["_purchase_details"] or purchase_details.details({}) or {}
        after = {**before, "receipt": purchase_details.receipt(call.params["purchase_details"]["receipt"])}
        tx.put(TRANSACTION, {**found, "_purchase_details": after})
        previous = {"purchase_details": previous_attributes(before, after)}
        told = {**shown, "purchase_details": after}
        emit(tx, "issuing_transaction.purchase_details_receipt_updated", told, previous)
    return shown


_URL = "/v1/issuing/transactions"
_ONE = _URL + "/{id}"
_OF = "issuing.Transaction"
_SCOPE = "issuing_transaction"
ROUTES = (
    Route("GET", _URL, listed(TRANSACTION, _URL), _OF + "ListParams", _SCOPE, TRANSACTION),
    Route("GET", _ONE, retrieve(TRANSACTION), _OF + "RetrieveParams", _SCOPE, TRANSACTION),
    Route("POST", _ONE, update, _OF + "UpdateParams", _SCOPE, TRANSACTION),
)
