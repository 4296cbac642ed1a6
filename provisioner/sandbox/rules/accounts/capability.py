"""Capabilities of accounts, which they request and have immediately (docs.stripe.com/api/capabilities)."""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, registered
from provisioner.sandbox.rules.accounts import account
from provisioner.sandbox.state.errors import no_such
from provisioner.sandbox.state.objects import Resource

Json = dict[str, Any]

CAPABILITY = registered(Resource("capability", "", "capability", expandable={"account": ("account",)}))
NAMES = ("card_issuing", "card_payments", "transfers", "treasury")


def listed(call: HandlerCall) -> Json:
    """Return the capabilities that an account has or has lost."""
    found = account.retrieve(call)
    url = _URL.replace("{id}", call.id)
    shown = [_shown(found, name) for name in NAMES if name in found["capabilities"]]
    return {"object": "list", "data": shown, "has_more": False, "url": url}


def retrieve(call: HandlerCall) -> Json:
    """Return one capability of an account."""
    own = HandlerCall(call.tx, call.params, call.parent)
    return _shown(account.retrieve(own), _known(call.id))


def update(call: HandlerCall) -> Json:
    """Request or give up a capability of a connected account."""
    found = account.connected(call, call.parent)
    after = account.saved(call.tx, account.requested(found, _known(call.id), call.params))
    return _shown(after, call.id)


def _known(name: str) -> str:
    if name not in NAMES:
        raise no_such("capability", name, "id")
    return name


def _shown(found: Mapping[str, Any], name: str) -> Json:
    status = found["capabilities"].get(name, "unrequested")
    return {
        "id": name,
        "object": "capability",
        "account": found["id"],
        "future_requirements": found["future_requirements"],
        "requested": status != "unrequested",
        "requested_at": found["created"] if status != "unrequested" else None,
        "requirements": found["requirements"],
        "status": status,
    }


_URL = "/v1/accounts/{id}/capabilities"
_ONE = "/v1/accounts/{parent}/capabilities/{id}"
_OF = "AccountCapability"
ROUTES = (
    Route("GET", _URL, listed, _OF + "ListParams", "account", CAPABILITY),
    Route("GET", _ONE, retrieve, _OF + "RetrieveParams", "account", CAPABILITY),
    Route("POST", _ONE, update, _OF + "UpdateParams", "account", CAPABILITY),
)
