"""Authorizations: a purchase asked for, held, captured (docs.stripe.com/issuing/purchases/authorizations)."""

from typing import Any

from provisioner.sandbox.changes import create as keep
from provisioner.sandbox.changes import save
from provisioner.sandbox.crud import listed, retrieve
from provisioner.sandbox.errors import invalid
from provisioner.sandbox.resource import Resource
from provisioner.sandbox.route import Call, Route
from provisioner.sandbox.rules import decide, ledger
from provisioner.sandbox.rules.card import CARD
from provisioner.sandbox.rules.cardholder import CARDHOLDER
from provisioner.sandbox.rules.transaction import TRANSACTION, captured
from provisioner.sandbox.tx import Tx, new_id

Json = dict[str, Any]


def show(tx: Tx, stored: Json) -> Json:
    """An authorization as it is answered: with its card, transactions and balance transactions whole."""
    shown = {name: value for name, value in stored.items() if not name.startswith("_")}
    shown["card"] = CARD.show(tx, tx.fetch(CARD, stored["card"]))
    shown["transactions"] = [TRANSACTION.show(tx, tx.fetch(TRANSACTION, t)) for t in stored["transactions"]]
    shown["balance_transactions"] = [
        tx.fetch(ledger.BALANCE_TRANSACTION, t) for t in stored["balance_transactions"]
    ]
    return shown


AUTHORIZATION = Resource(
    "issuing.authorization",
    "iauth_",
    "issuing authorization",
    filters=("card", "cardholder", "status"),
    show=show,
    expandable={"cardholder": lambda: CARDHOLDER},
    embedded={"card": lambda: CARD, "transactions": lambda: TRANSACTION},
)


def create(call: Call) -> Json:
    """A test purchase: decided at once; when approved, its amount is held."""
    tx, params = call.tx, call.params
    card = tx.fetch(CARD, params["card"], "card")
    amount, currency = params.get("amount", 0), params.get("currency", card["currency"]).lower()
    reason = decide.reason(tx, card, amount, currency)
    approved = reason == decide.APPROVED
    made: Json = {
        "id": new_id(AUTHORIZATION.prefix),
        "object": "issuing.authorization",
        "amount": amount if approved else 0,
        "amount_details": {"atm_fee": None, "cashback_amount": None},
        "approved": approved,
        "authorization_method": params.get("authorization_method", "online"),
        "balance_transactions": [],
        "card": card["id"],
        "card_presence": None,
        "cardholder": card["cardholder"],
        "created": tx.now,
        "currency": currency,
        "fleet": None,
        "fuel": None,
        "livemode": False,
        "merchant_amount": params.get("merchant_amount", amount),
        "merchant_currency": params.get("merchant_currency", currency),
        "merchant_data": _merchant(params.get("merchant_data", {})),
        "metadata": {},
        "network_data": None,
        "pending_request": None,
        "request_history": [_request(tx, amount, currency, reason)],
        "status": "pending" if approved else "closed",
        "token": None,
        "transactions": [],
        "verification_data": _unverified(),
        "verified_by_fraud_challenge": None,
        "wallet": params.get("wallet"),
    }
    if approved:
        held = ledger.book(tx, "issuing", -amount, currency, "issuing_authorization_hold", made["id"])
        made["balance_transactions"] = [held["id"]]
    return keep(tx, AUTHORIZATION, made, "issuing_authorization.created")


def capture(call: Call) -> Json:
    """Capture what is held: the hold is released, a transaction booked, the authorization closed."""
    tx = call.tx
    held = tx.fetch(AUTHORIZATION, call.id)
    if held["status"] != "pending":
        raise invalid(f"Authorization {call.id} cannot be captured because it is {held['status']}.")
    amount = call.params.get("capture_amount", held["amount"])
    released = ledger.book(
        tx, "issuing", held["amount"], held["currency"], "issuing_authorization_release", call.id
    )
    transaction = captured(tx, held, amount)
    closed = {
        **held,
        "status": "closed",
        "balance_transactions": [*held["balance_transactions"], released["id"]],
        "transactions": [*held["transactions"], transaction["id"]],
    }
    return save(tx, AUTHORIZATION, closed, "issuing_authorization.updated")


def _merchant(given: Json) -> Json:
    return {
        "category": given.get("category", "taxicabs_limousines"),
        "category_code": "4121",
        "city": given.get("city"),
        "country": given.get("country", "US"),
        "name": given.get("name", "Rocket Rides"),
        "network_id": given.get("network_id", "1234567890"),
        "postal_code": given.get("postal_code"),
        "state": given.get("state"),
        "tax_id": None,
        "terminal_id": given.get("terminal_id"),
        "url": given.get("url"),
    }


def _request(tx: Tx, amount: int, currency: str, reason: str) -> Json:
    return {
        "amount": amount,
        "amount_details": {"atm_fee": None, "cashback_amount": None},
        "approved": reason == decide.APPROVED,
        "authorization_code": None,
        "created": tx.now,
        "currency": currency,
        "merchant_amount": amount,
        "merchant_currency": currency,
        "network_risk_score": None,
        "reason": reason,
        "reason_message": None,
        "requested_at": None,
    }


def _unverified() -> Json:
    return {
        "address_line1_check": "not_provided",
        "address_postal_code_check": "not_provided",
        "authentication_exemption": None,
        "cvc_check": "not_provided",
        "expiry_check": "not_provided",
        "postal_code": None,
        "three_d_secure": None,
    }


_URL = "/v1/issuing/authorizations"
_TEST = "/v1/test_helpers/issuing/authorizations"
_TYPES = "test_helpers.issuing.Authorization"
_SCOPE = "issuing_authorization"
ROUTES = (
    Route("GET", _URL, listed(AUTHORIZATION, _URL), "issuing.AuthorizationListParams", _SCOPE, AUTHORIZATION),
    Route(
        "GET",
        _URL + "/{id}",
        retrieve(AUTHORIZATION),
        "issuing.AuthorizationRetrieveParams",
        _SCOPE,
        AUTHORIZATION,
    ),
    Route("POST", _TEST, create, _TYPES + "CreateParams", _SCOPE, AUTHORIZATION),
    Route("POST", _TEST + "/{id}/capture", capture, _TYPES + "CaptureParams", _SCOPE, AUTHORIZATION),
)
