"""Authorizations of purchases (docs.stripe.com/issuing/purchases/authorizations)."""

from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, resource_of
from provisioner.sandbox.rules.common.changes import save
from provisioner.sandbox.rules.common.listing import page, retrieve
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.rules.common.versions import EXPIRED_SINCE, is_older
from provisioner.sandbox.rules.purchases import fraud_challenges
from provisioner.sandbox.rules.purchases.authorization_outcome import decided
from provisioner.sandbox.rules.purchases.authorization_realtime import by_webhook, partial_amount, settled
from provisioner.sandbox.rules.purchases.authorization_request import begun
from provisioner.sandbox.rules.purchases.decide import Judgement
from provisioner.sandbox.rules.purchases.kinds import AUTHORIZATION, CARD
from provisioner.sandbox.state.errors import invalid

Json = dict[str, Any]


def create(call: HandlerCall) -> Json:
    """Create a test purchase and decide it immediately; if it is approved, its amount is held."""
    return settled(call, pending)


def create_on_card(call: HandlerCall) -> Json:
    """Create a test purchase at an older path (stripe-cli, trigger issuing_authorization.request)."""
    return settled(call, pending_on_card)


def pending(call: HandlerCall) -> Json:
    """Return the undecided authorization for a request."""
    asked = begun(call.tx, call.tx.fetch(resource_of(CARD), call.params["card"], "card"), call.params)
    verified = fraud_challenges.verified(call.tx, asked["card"], asked["merchant_data"])
    return {**asked, "verified_by_fraud_challenge": verified}


def pending_on_card(call: HandlerCall) -> Json:
    """Return the undecided authorization for a request at the older path, with older parameter names."""
    given = {"amount": call.params["held_amount"]}
    for old, new in (("held_currency", "currency"), ("authorization_method", "authorization_method")):
        if old in call.params:
            given[new] = call.params[old]
    return begun(call.tx, call.tx.fetch(resource_of(CARD), call.id), given)


def _listed(call: HandlerCall) -> Json:
    """Return a page of authorizations; to older API versions, expired ones are reversed."""
    if call.params.get("status") != "reversed" or not is_older(call.version, EXPIRED_SINCE):
        return page(call.tx, AUTHORIZATION, call.params, _URL)
    params = {name: value for name, value in call.params.items() if name != "status"}
    both = "json_extract(o.body, '$.status') IN ('expired', 'reversed')"
    return page(call.tx, AUTHORIZATION, params, _URL, [(both, [])])


def update(call: HandlerCall) -> Json:
    """Update an authorization's metadata; nothing else can be changed."""
    found = call.tx.fetch(AUTHORIZATION, call.id)
    found["metadata"] = merged(found["metadata"], call.params)
    return save(call.tx, AUTHORIZATION, found, "issuing_authorization.updated")


def approve(call: HandlerCall) -> Json:
    """
    Approve the pending request of an authorization (deprecated), in full or in part.

    A request is pending only while its webhook is asked.
    """
    found = _asked(call)
    amount = partial_amount(call.params.get("amount"), found["pending_request"])
    return _decided(call, found, Judgement(approved=True, reason="webhook_approved", amount=amount))


def decline(call: HandlerCall) -> Json:
    """Decline the pending request of an authorization (deprecated)."""
    return _decided(call, _asked(call), Judgement(approved=False, reason="webhook_declined"))


def _asked(call: HandlerCall) -> Json:
    found = call.tx.fetch(AUTHORIZATION, call.id)
    if found["pending_request"] is None:
        raise invalid(f"Authorization {call.id} has no pending request: it has already been decided.")
    return found


def _decided(call: HandlerCall, authorization: Json, answer: Judgement) -> Json:
    metadata = merged(authorization["metadata"], call.params)
    return decided(call.tx, {**authorization, "metadata": metadata}, answer)


_URL = "/v1/issuing/authorizations"
_ONE = _URL + "/{id}"
_TEST = "/v1/test_helpers/issuing/authorizations"
_OLD_TEST = "/v1/issuing/cards/{id}/test/authorizations"
_OF = "issuing.Authorization"
_SCOPE = "issuing_authorization"
_CREATE = f"test_helpers.{_OF}CreateParams"
_OLD_CREATE = "own.CardTestAuthorization"
ROUTES = (
    Route("GET", _URL, _listed, _OF + "ListParams", _SCOPE, AUTHORIZATION),
    Route("GET", _ONE, retrieve(AUTHORIZATION), _OF + "RetrieveParams", _SCOPE, AUTHORIZATION),
    Route("POST", _ONE, update, _OF + "UpdateParams", _SCOPE, AUTHORIZATION),
    Route("POST", _ONE + "/approve", approve, _OF + "ApproveParams", _SCOPE, AUTHORIZATION),
    Route("POST", _ONE + "/decline", decline, _OF + "DeclineParams", _SCOPE, AUTHORIZATION),
    Route("POST", _TEST, create, _CREATE, _SCOPE, AUTHORIZATION, by_webhook(pending)),
    Route("POST", _OLD_TEST, create_on_card, _OLD_CREATE, _SCOPE, AUTHORIZATION, by_webhook(pending_on_card)),
)
