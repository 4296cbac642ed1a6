"""Authorizations of purchases (docs.stripe.com/issuing/purchases/authorizations)."""

from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, do, resource_of
from provisioner.sandbox.rules.common.changes import EVENT, save
from provisioner.sandbox.rules.common.changes import create as keep
from provisioner.sandbox.rules.common.listing import listed, retrieve
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.rules.purchases.authorization_judgement import suspected, verdict
from provisioner.sandbox.rules.purchases.authorization_realtime import by_webhook
from provisioner.sandbox.rules.purchases.authorization_request import answered, begun
from provisioner.sandbox.rules.purchases.kinds import AUTHORIZATION, CARD, CARDHOLDER, EXPIRY
from provisioner.sandbox.state.errors import invalid

Json = dict[str, Any]

# docs.stripe.com/issuing/purchases/transactions: hotels, airlines and car rentals may capture for 31 days.
_LONG = {"airlines_air_carriers", "car_rental_agencies", "hotels_motels_and_resorts"}
_DAY = 86_400


def create(call: HandlerCall) -> Json:
    """Create a test purchase and decide it immediately; if it is approved, its amount is held."""
    return _decided(call, pending(call))


def create_on_card(call: HandlerCall) -> Json:
    """Create a test purchase at an older path (stripe-cli, trigger issuing_authorization.request)."""
    return _decided(call, pending_on_card(call))


def pending(call: HandlerCall) -> Json:
    """Return the undecided authorization for a request."""
    return begun(call.tx, call.tx.fetch(resource_of(CARD), call.params["card"], "card"), call.params)


def pending_on_card(call: HandlerCall) -> Json:
    """Return the undecided authorization for a request at the older path, with older parameter names."""
    given = {"amount": call.params["held_amount"]}
    for old, new in (("held_currency", "currency"), ("authorization_method", "authorization_method")):
        if old in call.params:
            given[new] = call.params[old]
    return begun(call.tx, call.tx.fetch(resource_of(CARD), call.id), given)


def _decided(call: HandlerCall, asked: Json) -> Json:
    tx = call.tx
    answer = suspected(tx, call.params) or verdict(tx, asked)
    if "verdict" in call.extra:
        asked["id"] = call.extra["id"]
        tx.add(EVENT, call.extra["event"])
        answer = call.extra["verdict"] if answer.approved else answer
    made = answered(tx, asked, answer)
    if answer.reason == "suspected_fraud":
        # The message to the cardholder; without a phone number it cannot be delivered.
        reachable = tx.fetch(resource_of(CARDHOLDER), made["cardholder"])["phone_number"] is not None
        challenge = {
            "channel": "sms",
            "status": "pending" if reachable else "undeliverable",
            "undeliverable_reason": None if reachable else "no_phone_number",
        }
        made["_fraud_challenges"] = [challenge]
    shown = keep(tx, AUTHORIZATION, made, "issuing_authorization.created")
    if made["approved"]:
        days = 31 if made["merchant_data"]["category"] in _LONG else 7
        tx.schedule(tx.now + days * _DAY, EXPIRY, made["id"])
        if made["amount"]:
            do("card.paid", tx, made["card"])
    return shown


def update(call: HandlerCall) -> Json:
    """Update an authorization's metadata; nothing else can be changed."""
    found = call.tx.fetch(AUTHORIZATION, call.id)
    found["metadata"] = merged(found["metadata"], call.params)
    return save(call.tx, AUTHORIZATION, found, "issuing_authorization.updated")


def too_late(call: HandlerCall) -> Json:
    """
    Reject a separate call that approves or declines (deprecated), as it always comes too late.

    In the sandbox a request is pending only until its webhook responds, and that response decides.
    """
    call.tx.fetch(AUTHORIZATION, call.id)
    raise invalid(f"Authorization {call.id} has no pending request: it has already been decided.")


_URL = "/v1/issuing/authorizations"
_ONE = _URL + "/{id}"
_TEST = "/v1/test_helpers/issuing/authorizations"
_OLD_TEST = "/v1/issuing/cards/{id}/test/authorizations"
_OF = "issuing.Authorization"
_SCOPE = "issuing_authorization"
_CREATE = f"test_helpers.{_OF}CreateParams"
_OLD_CREATE = "own.CardTestAuthorization"
ROUTES = (
    Route("GET", _URL, listed(AUTHORIZATION, _URL), _OF + "ListParams", _SCOPE, AUTHORIZATION),
    Route("GET", _ONE, retrieve(AUTHORIZATION), _OF + "RetrieveParams", _SCOPE, AUTHORIZATION),
    Route("POST", _ONE, update, _OF + "UpdateParams", _SCOPE, AUTHORIZATION),
    Route("POST", _ONE + "/approve", too_late, _OF + "ApproveParams", _SCOPE, AUTHORIZATION),
    Route("POST", _ONE + "/decline", too_late, _OF + "DeclineParams", _SCOPE, AUTHORIZATION),
    Route("POST", _TEST, create, _CREATE, _SCOPE, AUTHORIZATION, by_webhook(pending)),
    Route("POST", _OLD_TEST, create_on_card, _OLD_CREATE, _SCOPE, AUTHORIZATION, by_webhook(pending_on_card)),
)
