"""Authorizations: purchases asked for and decided (docs.stripe.com/issuing/purchases/authorizations)."""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route
from provisioner.sandbox.rules.cards import lifecycle
from provisioner.sandbox.rules.cards.card import CARD
from provisioner.sandbox.rules.cards.cardholder import CARDHOLDER
from provisioner.sandbox.rules.common import unknowns
from provisioner.sandbox.rules.common.changes import EVENT, save
from provisioner.sandbox.rules.common.changes import create as keep
from provisioner.sandbox.rules.common.crud import listed, retrieve
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.rules.purchases.authorization_judgement import verdict
from provisioner.sandbox.rules.purchases.authorization_request import answered, begun
from provisioner.sandbox.rules.purchases.decide import Judgement
from provisioner.sandbox.rules.purchases.kinds import AUTHORIZATION, EXPIRY
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Tx

Json = dict[str, Any]

# docs.stripe.com/issuing/purchases/transactions: hotels, airlines and car rentals may capture for 31 days.
_LONG = {"airlines_air_carriers", "car_rental_agencies", "hotels_motels_and_resorts"}
_DAY = 86_400


def create(call: HandlerCall) -> Json:
    """A test purchase: decided at once; when approved, its amount is held."""
    return _decided(call, pending(call))


def create_on_card(call: HandlerCall) -> Json:
    """The same by an older path (stripe-cli, trigger issuing_authorization.request)."""
    return _decided(call, pending_on_card(call))


def pending(call: HandlerCall) -> Json:
    """The authorization that a purchase asks for, undecided."""
    return begun(call.tx, call.tx.fetch(CARD, call.params["card"], "card"), call.params)


def pending_on_card(call: HandlerCall) -> Json:
    """The same for the older path, whose parameters have older names."""
    given = {"amount": call.params["held_amount"]}
    for old, new in (("held_currency", "currency"), ("authorization_method", "authorization_method")):
        if old in call.params:
            given[new] = call.params[old]
    return begun(call.tx, call.tx.fetch(CARD, call.id), given)


def _decided(call: HandlerCall, asked: Json) -> Json:
    tx = call.tx
    answer = suspected(tx, call.params) or verdict(tx, asked)
    if "verdict" in call.extra:
        asked["id"] = call.extra["id"]
        tx.add(EVENT, call.extra["event"])
        answer = call.extra["verdict"] if answer.approved else answer
    made = answered(tx, asked, answer)
    if answer.reason == "suspected_fraud":
        made["_fraud_challenges"] = [_challenge(tx, made)]
    shown = keep(tx, AUTHORIZATION, made, "issuing_authorization.created")
    if made["approved"]:
        days = 31 if made["merchant_data"]["category"] in _LONG else 7
        tx.schedule(tx.now + days * _DAY, EXPIRY, made["id"])
        if made["amount"]:
            lifecycle.paid(tx, made["card"])
    return shown


def suspected(tx: Tx, params: Mapping[str, Any]) -> Judgement | None:
    """A refusal of a purchase of the highest fraud risk, where the sandbox is told to refuse these."""
    risk = params.get("risk_assessment", {}).get("fraud_risk", {}).get("level")
    if risk == "highest" and unknowns.on(tx, "highest_fraud_risk_declines"):
        return Judgement(approved=False, reason="suspected_fraud")
    return None


def _challenge(tx: Tx, authorization: Json) -> Json:
    """The message that asks the cardholder about a purchase; without a phone it cannot be delivered."""
    reachable = tx.fetch(CARDHOLDER, authorization["cardholder"])["phone_number"] is not None
    return {
        "channel": "sms",
        "status": "pending" if reachable else "undeliverable",
        "undeliverable_reason": None if reachable else "no_phone_number",
    }


def update(call: HandlerCall) -> Json:
    """Change an authorization's metadata, which is all that can be changed."""
    found = call.tx.fetch(AUTHORIZATION, call.id)
    found["metadata"] = merged(found["metadata"], call.params)
    return save(call.tx, AUTHORIZATION, found, "issuing_authorization.updated")


def too_late(call: HandlerCall) -> Json:
    """
    Approve or decline by a call of its own (deprecated): only while the request is pending.

    Here a request is pending only while its webhook is being asked, and the webhook's answer
    decides, so these calls always come too late.
    """
    call.tx.fetch(AUTHORIZATION, call.id)
    raise invalid(f"Authorization {call.id} has no pending request: it has already been decided.")


_URL = "/v1/issuing/authorizations"
_ONE = _URL + "/{id}"
_OF = "issuing.Authorization"
_SCOPE = "issuing_authorization"
ROUTES = (
    Route("GET", _URL, listed(AUTHORIZATION, _URL), _OF + "ListParams", _SCOPE, AUTHORIZATION),
    Route("GET", _ONE, retrieve(AUTHORIZATION), _OF + "RetrieveParams", _SCOPE, AUTHORIZATION),
    Route("POST", _ONE, update, _OF + "UpdateParams", _SCOPE, AUTHORIZATION),
    Route("POST", _ONE + "/approve", too_late, _OF + "ApproveParams", _SCOPE, AUTHORIZATION),
    Route("POST", _ONE + "/decline", too_late, _OF + "DeclineParams", _SCOPE, AUTHORIZATION),
)
