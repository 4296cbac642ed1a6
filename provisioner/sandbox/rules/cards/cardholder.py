"""
Cardholders (docs.stripe.com/api/issuing/cardholders).

`name` and `type` never change, only Stripe sets `blocked`, and cardholders cannot be deleted.
"""

import re
from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, registered
from provisioner.sandbox.rules.cards import controls
from provisioner.sandbox.rules.cards.person import individual, requirements
from provisioner.sandbox.rules.common import unknowns
from provisioner.sandbox.rules.common.changes import create as keep
from provisioner.sandbox.rules.common.changes import save
from provisioner.sandbox.rules.common.countries import address, e164
from provisioner.sandbox.rules.common.listing import listed, retrieve
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Resource, Tx, as_they_are, new_id, without_private

Json = dict[str, Any]

_LONGEST_NAME = 24
# SDK, CardholderCreateParams.name: no special characters or numbers.
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ .,'\-])*")
# docs.stripe.com/issuing/cards/virtual/issue-cards: letters, digits, and these; and the comma, as above.
_COMPANY_NAME = re.compile(r"[^\W_](?:[^\W_]|[ .,'\-/&:()])*")
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+")


CARDHOLDER = registered(
    Resource(
        "issuing.cardholder",
        "ich_",
        "issuing cardholder",
        filters=("email", "phone_number", "status", "type"),
        show=without_private,
        texts=as_they_are,
    )
)


def create(call: HandlerCall) -> Json:
    """Create a cardholder."""
    tx, params = call.tx, call.params
    if len(params["name"]) > _LONGEST_NAME:
        raise invalid(f"The name can be at most {_LONGEST_NAME} characters long.", "name")
    wide = params.get("type") == "company" and not unknowns.on(tx, "narrow_company_names")
    if not (_COMPANY_NAME if wide else _NAME).fullmatch(params["name"]):
        raise invalid("The name cannot contain numbers or special characters.", "name")
    blank: Json = {
        "id": new_id(CARDHOLDER.prefix),
        "object": "issuing.cardholder",
        "billing": {},
        "company": None,
        "created": tx.now,
        "email": None,
        "individual": None,
        "livemode": False,
        "metadata": {},
        "name": params["name"],
        "phone_number": None,
        "preferred_locales": [],
        "spending_controls": controls.empty([]),
        "status": "active",
        "type": params.get("type", "individual"),
    }
    return keep(tx, CARDHOLDER, _changed(tx, blank, params), "issuing_cardholder.created")


def update(call: HandlerCall) -> Json:
    """Update a cardholder; values that are not sent stay."""
    before = call.tx.fetch(CARDHOLDER, call.id)
    if before["status"] == "blocked" and "status" in call.params:
        # It is undocumented whether the API can unblock a cardholder; in the sandbox, it cannot.
        raise invalid(f"Cardholder {call.id} is blocked; its status cannot be changed.", "status")
    if before["requirements"]["disabled_reason"] == "under_review":
        _check_review(before, call.params.get("individual", {}))
    stored = _changed(call.tx, before, call.params)
    return save(call.tx, CARDHOLDER, stored, "issuing_cardholder.updated")


def _check_review(stored: Json, given: Mapping[str, Any]) -> None:
    """
    Raise ApiError for a new name or date of birth of a cardholder under review; missing ones can be added.

    docs.stripe.com/issuing/connect/cardholders-controls.
    """
    known = stored["individual"] or {}
    for field, told in (("first_name", "name"), ("last_name", "name"), ("dob", "dob")):
        if field in given and known.get(field):
            ends = (
                "The past_due field contains information that you need to provide before the cardholder can "
                "approve authorizations."
                if stored["requirements"]["past_due"]
                else "Stripe will make a decision and update the disabled_reason field."
            )
            says = f"You can't update the {told} for a cardholder under review. {ends}"
            raise invalid(says, f"individual[{field}]")


def _changed(tx: Tx, stored: Json, params: Mapping[str, Any]) -> Json:
    after = {**stored, "metadata": merged(stored["metadata"], params)}
    for field in ("status", "preferred_locales"):
        if field in params:
            after[field] = params[field]
    if "billing" in params:
        after["billing"] = {"address": address(params["billing"]["address"], "billing[address]")}
    if "email" in params:
        if not _EMAIL.fullmatch(params["email"]):
            raise invalid(f"Invalid email address: {params['email']}", "email", "email_invalid")
        after["email"] = params["email"]
    if "phone_number" in params:
        home = after["billing"]["address"]["country"]
        after["phone_number"] = e164(params["phone_number"], home, "phone_number")
    if "company" in params:
        provided = "tax_id" in params["company"] or bool((stored["company"] or {}).get("tax_id_provided"))
        after["company"] = {"tax_id_provided": provided}
    if "individual" in params:
        after["individual"] = individual(tx, stored["individual"], params["individual"])
    if "spending_controls" in params:
        given = params["spending_controls"]
        before = stored["spending_controls"] if unknowns.on(tx, "controls_merge") else controls.empty([])
        after["spending_controls"] = controls.merged(before, given, [])
    return {**after, "requirements": requirements(tx, after)}


_URL = "/v1/issuing/cardholders"
_SCOPE = "issuing_cardholder"
ROUTES = (
    Route("POST", _URL, create, "issuing.CardholderCreateParams", _SCOPE, CARDHOLDER),
    Route("GET", _URL, listed(CARDHOLDER, _URL), "issuing.CardholderListParams", _SCOPE, CARDHOLDER),
    Route(
        "GET", _URL + "/{id}", retrieve(CARDHOLDER), "issuing.CardholderRetrieveParams", _SCOPE, CARDHOLDER
    ),
    Route("POST", _URL + "/{id}", update, "issuing.CardholderUpdateParams", _SCOPE, CARDHOLDER),
)
