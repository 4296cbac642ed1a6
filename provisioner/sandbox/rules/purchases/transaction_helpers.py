"""Test helpers for captures without an authorization, and for refunds (docs.stripe.com/issuing/testing)."""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, resource_of, run_action
from provisioner.sandbox.rules.common.changes import save
from provisioner.sandbox.rules.common.currencies import currency
from provisioner.sandbox.rules.purchases import merchant, purchase_details
from provisioner.sandbox.rules.purchases.kinds import AUTHORIZATION, CARD, TRANSACTION
from provisioner.sandbox.rules.purchases.transaction import network_data, record
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Tx

Json = dict[str, Any]


def force_capture(call: HandlerCall) -> Json:
    """Create a capture without an authorization; no status, control, or balance can stop it."""
    origin = _unlinked(call.tx, call.params)
    shown = _recorded(call, origin, -1)
    run_action("card.paid", call.tx, origin["card"])
    return shown


def unlinked_refund(call: HandlerCall) -> Json:
    """Create a refund that belongs to no purchase."""
    return _recorded(call, _unlinked(call.tx, call.params), 1)


def refund(call: HandlerCall) -> Json:
    """
    Refund a captured transaction, in full or in part, and return the refund.

    [?] The API reference does not say if the response is the refund or the refunded transaction.
    """
    tx = call.tx
    captured = tx.fetch(TRANSACTION, call.id)
    if captured["type"] != "capture":
        raise invalid(f"Transaction {call.id} is a refund and cannot be refunded.")
    left = -captured["amount"] - captured["_refunded"]
    if left == 0:
        raise invalid(f"Transaction {call.id} has already been refunded in full.")
    amount = call.params.get("refund_amount", left)
    _positive(amount, "refund_amount")
    if amount > left:
        raise invalid(f"Only {left} of transaction {call.id} is left to refund.", "refund_amount")
    share = round(amount * captured["merchant_amount"] / captured["amount"])
    network = captured["network_data"]
    more: Json = {
        "authorization": captured["authorization"],
        "network_data": network_data(tx, network["authorization_code"], network["transaction_id"]),
    }
    made = record(tx, captured, amount, share, more)
    tx.put(TRANSACTION, {**captured, "_refunded": captured["_refunded"] + amount})
    if captured["authorization"] is not None:
        held = tx.fetch(AUTHORIZATION, captured["authorization"])
        held["transactions"] = [*held["transactions"], made["id"]]
        save(tx, AUTHORIZATION, held, "issuing_authorization.updated")
    return TRANSACTION.show(tx, made)


def _recorded(call: HandlerCall, origin: Json, sign: int) -> Json:
    amount = sign * call.params["amount"]
    details = purchase_details.details(call.params.get("purchase_details"))
    made = record(call.tx, origin, amount, amount, {"_purchase_details": details})
    return TRANSACTION.show(call.tx, made)


def _unlinked(tx: Tx, params: Mapping[str, Any]) -> Json:
    """Return the card, cardholder, and merchant of a transaction without an authorization."""
    card = tx.fetch(resource_of(CARD), params["card"], "card")
    _positive(params["amount"], "amount")
    if currency(params.get("currency", card["currency"]), "currency") != card["currency"]:
        raise invalid(f"The currency of a transaction must be its card's, {card['currency']}.", "currency")
    return {
        "card": card["id"],
        "cardholder": card["cardholder"],
        "currency": card["currency"],
        "merchant_currency": card["currency"],
        "merchant_data": merchant.described(params),
        "wallet": None,
        "_financial_account": card.get("financial_account"),
    }


def _positive(amount: int, param: str) -> None:
    if amount <= 0:
        raise invalid("Invalid positive integer", param, "parameter_invalid_integer")


_TEST = "/v1/test_helpers/issuing/transactions"
_OF = "test_helpers.issuing.Transaction"
_FORCE = _OF + "CreateForceCaptureParams"
_UNLINKED = _OF + "CreateUnlinkedRefundParams"
_SCOPE = "issuing_transaction"
ROUTES = (
    Route("POST", _TEST + "/create_force_capture", force_capture, _FORCE, _SCOPE, TRANSACTION),
    # An older name, which Stripe's CLI still uses (stripe-cli, issuing_dispute.created).
    Route("POST", _TEST, force_capture, _FORCE, _SCOPE, TRANSACTION),
    Route("POST", _TEST + "/create_unlinked_refund", unlinked_refund, _UNLINKED, _SCOPE, TRANSACTION),
    Route("POST", _TEST + "/{id}/refund", refund, _OF + "RefundParams", _SCOPE, TRANSACTION),
)
