"""
Ephemeral keys, by which an app shows a card's number or adds the card to a wallet.

docs.stripe.com/issuing/elements, docs.stripe.com/issuing/cards/digital-wallets. They need a `Stripe-Version`,
and last an hour. The sandbox does not accept them as API keys.
"""

from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, action, registered, resource_of
from provisioner.sandbox.state.errors import invalid, no_such
from provisioner.sandbox.state.objects import Resource, Tx, new_id, without_private

Json = dict[str, Any]

KEY = registered(Resource("ephemeral_key", "ephkey_", "ephemeral key", show=without_private))
_LASTS = 3600
_FOREIGN = {"customer": "customer", "verification_session": "verification session"}


def create(call: HandlerCall) -> Json:
    """Create a key for one card; only this response contains its secret."""
    tx, params = call.tx, call.params
    named = sorted({"customer", "issuing_card", "verification_session"} & params.keys())
    if len(named) != 1:
        says = "Give exactly one of customer, issuing_card, and verification_session."
        raise invalid(says, None if named else "issuing_card", None if named else "parameter_missing")
    if named[0] in _FOREIGN:
        raise no_such(_FOREIGN[named[0]], params[named[0]], named[0])
    tx.fetch(resource_of("issuing.card"), params["issuing_card"], "issuing_card")
    key: Json = {
        "id": new_id(KEY.prefix),
        "object": "ephemeral_key",
        "created": tx.now,
        "expires": tx.now + _LASTS,
        "livemode": False,
    }
    tx.add(KEY, key)
    tx.schedule(key["expires"], "ephemeral_key.expire", key["id"])
    return {**key, "secret": new_id("ek_test_", 64)}


def delete(call: HandlerCall) -> Json:
    """End a key before its time, and return it."""
    key = call.tx.fetch(KEY, call.id)
    call.tx.remove(KEY, call.id)
    return {**key, "expires": call.tx.now}


@action("ephemeral_key.expire")
def expire(tx: Tx, key_id: str) -> None:
    """Remove a key whose time is over."""
    tx.remove(KEY, key_id)


_URL = "/v1/ephemeral_keys"
_SCOPE = "ephemeral_key"
ROUTES = (
    Route("POST", _URL, create, "EphemeralKeyCreateParams", _SCOPE, KEY, needs_version=True),
    Route("DELETE", _URL + "/{id}", delete, "EphemeralKeyDeleteParams", _SCOPE, KEY),
)
