"""
Network tokens: a card in a digital wallet (docs.stripe.com/issuing/controls/token-management).

Only a card network creates one, when a cardholder adds the card to a wallet; in the sandbox, an act does.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, registered, resource_of
from provisioner.sandbox.rules.common.changes import create as keep
from provisioner.sandbox.rules.common.changes import save
from provisioner.sandbox.rules.common.listing import page, retrieve
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Resource, Tx, new_id, without_private

Json = dict[str, Any]

_CARD = "issuing.card"
_WALLETS = frozenset({"apple_pay", "google_pay", "samsung_pay"})
_STATUSES = frozenset({"active", "requested", "suspended"})

TOKEN: Resource = registered(
    Resource(
        "issuing.token",
        "intok_",
        "issuing token",
        filters=("card", "status"),
        show=without_private,
        expandable={"card": ("issuing.card",)},
        secret={"network_data": lambda tx, shown: _network_data(tx, shown["id"])},
    )
)


def listed(call: HandlerCall) -> Json:
    """Return a page of the tokens of one card, which must exist."""
    call.tx.fetch(resource_of(_CARD), call.params["card"], "card")
    return page(call.tx, TOKEN, call.params, _URL)


def update(call: HandlerCall) -> Json:
    """Activate, suspend, or delete a token; a deleted one stays deleted."""
    tx, status = call.tx, call.params["status"]
    token = tx.fetch(TOKEN, call.id)
    if token["status"] == "deleted":
        raise invalid(f"Token {call.id} is deleted, which is final; it can no longer be updated.", "status")
    if token["status"] != status:
        token |= {"status": status, "network_updated_at": tx.now}
    return save(tx, TOKEN, token, "issuing_token.updated")


def add(tx: Tx, card_id: str, asked: Mapping[str, str]) -> Json:
    """
    Add a card to a wallet, and return the new token.

    `asked` has the `wallet_provider` (Apple Pay by default) and the `status` (`active` by default;
    `requested` until the cardholder is verified). Raises ValueError for other values, and ApiError for a
    canceled card.
    """
    wallet, status = asked.get("wallet_provider", "apple_pay"), asked.get("status", "active")
    if wallet not in _WALLETS or status not in _STATUSES or asked.keys() - {"wallet_provider", "status"}:
        raise ValueError(
            f"a token has a wallet_provider ({', '.join(sorted(_WALLETS))}) and a status "
            f"({', '.join(sorted(_STATUSES))})"
        )
    card = tx.fetch(resource_of(_CARD), card_id)
    if card["status"] == "canceled":
        raise invalid(f"Card {card_id} is canceled and cannot be added to a wallet.")
    number = f"{secrets.randbelow(10_000):04}"
    token: Json = {
        "id": new_id(TOKEN.prefix),
        "object": "issuing.token",
        "card": card_id,
        "created": tx.now,
        "device_fingerprint": None,
        "last4": number,
        "livemode": False,
        "network": "visa",
        "network_updated_at": tx.now,
        "status": status,
        "wallet_provider": wallet,
        "_reference": new_id("DNITHE", 26),
    }
    return keep(tx, TOKEN, token, "issuing_token.created")


def _network_data(tx: Tx, token_id: str) -> Json:
    reference = tx.fetch(TOKEN, token_id)["_reference"]
    visa = {
        "card_reference_id": f"V-{reference[-22:]}",
        "token_reference_id": reference,
        "token_requestor_id": "40010030273",
        "token_risk_score": "01",
    }
    return {"network_data": {"type": "visa", "visa": visa}}


_URL = "/v1/issuing/tokens"
_ONE = _URL + "/{id}"
_OF = "issuing.Token"
_SCOPE = "issuing_token"
ROUTES = (
    Route("GET", _URL, listed, _OF + "ListParams", _SCOPE, TOKEN),
    Route("GET", _ONE, retrieve(TOKEN), _OF + "RetrieveParams", _SCOPE, TOKEN),
    Route("POST", _ONE, update, _OF + "UpdateParams", _SCOPE, TOKEN),
)
