"""
The persons behind a connected account: its representative, owners, and directors.

docs.stripe.com/api/persons. Nobody is verified here.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, registered
from provisioner.sandbox.rules.accounts import account
from provisioner.sandbox.rules.common import countries
from provisioner.sandbox.rules.common.changes import emit, previous_attributes
from provisioner.sandbox.rules.common.listing import page
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Resource, Tx, new_id, without_private

Json = dict[str, Any]

PERSON = registered(Resource("person", "person_", "person", show=without_private))
_ROLES = ("authorizer", "director", "executive", "legal_guardian", "owner", "representative")
_RELATIONSHIP = (*_ROLES, "percent_ownership", "title")
_PLAIN = (
    "email",
    "first_name",
    "gender",
    "last_name",
    "maiden_name",
    "nationality",
    "phone",
    "political_exposure",
)
_UNVERIFIED: Json = {"back": None, "details": None, "details_code": None, "front": None}


def create(call: HandlerCall) -> Json:
    """Add a person to an account."""
    there = _within(call, call.id)
    blank: Json = {
        "id": new_id(PERSON.prefix),
        "object": "person",
        "account": call.id,
        "address": None,
        "created": call.tx.now,
        "dob": {"day": None, "month": None, "year": None},
        "future_requirements": _nothing_due(),
        "id_number_provided": False,
        "metadata": {},
        "relationship": dict.fromkeys(_ROLES, False) | {"percent_ownership": None, "title": None},
        "requirements": _nothing_due(),
        "ssn_last_4_provided": False,
        "verification": {
            "additional_document": _UNVERIFIED,
            "details": None,
            "details_code": None,
            "document": _UNVERIFIED,
            "status": "unverified",
        },
        **dict.fromkeys(_PLAIN),
    }
    made = _changed(blank, call.params)
    there.add(PERSON, made)
    emit(there, "person.created", made)
    return made


def listed(call: HandlerCall) -> Json:
    """Return a page of an account's persons, of any role or of some."""
    there = _within(call, call.id)
    wanted = call.params.get("relationship", {})
    extra = [
        (f"json_extract(o.body, '$.relationship.{role}') = ?", [int(is_it)]) for role, is_it in wanted.items()
    ]
    params = {name: value for name, value in call.params.items() if name != "relationship"}
    return page(there, PERSON, params, f"/v1/accounts/{call.id}/persons", extra)


def retrieve(call: HandlerCall) -> Json:
    """Return one person of an account."""
    return _within(call, call.parent).fetch(PERSON, call.id)


def update(call: HandlerCall) -> Json:
    """Change a person; values that are not sent stay."""
    there = _within(call, call.parent)
    before = there.fetch(PERSON, call.id)
    after = _changed(before, call.params)
    there.put(PERSON, after)
    if previous := previous_attributes(before, after):
        emit(there, "person.updated", after, previous)
    return after


def delete(call: HandlerCall) -> Json:
    """Remove a person from an account."""
    there = _within(call, call.parent)
    gone = there.fetch(PERSON, call.id)
    there.remove(PERSON, call.id)
    emit(there, "person.deleted", gone)
    return {"id": call.id, "object": "person", "deleted": True}


def _within(call: HandlerCall, account_id: str) -> Tx:
    """Return a transaction in a connected account."""
    account.connected(call, account_id)
    return Tx(call.tx.db, account_id, call.tx.now, call.tx.origin)


def _changed(person: Json, params: Mapping[str, Any]) -> Json:
    after = {**person, "metadata": merged(person["metadata"], params)}
    after |= {name: params[name] for name in _PLAIN if name in params}
    if "address" in params:
        after["address"] = countries.address({"country": "US", **params["address"]}, "address")
    if params.get("dob"):
        after["dob"] = _birth_date(params["dob"])
    if "relationship" in params:
        given = {name: value for name, value in params["relationship"].items() if name in _RELATIONSHIP}
        after["relationship"] = {**person["relationship"], **given}
    after["id_number_provided"] = person["id_number_provided"] or "id_number" in params
    after["ssn_last_4_provided"] = person["ssn_last_4_provided"] or "ssn_last_4" in params
    return after


def _birth_date(given: Mapping[str, int]) -> Json:
    try:
        born = dt.date(given["year"], given["month"], given["day"])
    except ValueError:
        raise invalid("This is not a date.", "dob") from None
    return {"day": born.day, "month": born.month, "year": born.year}


def _nothing_due() -> Json:
    names = ("alternatives", "currently_due", "errors", "eventually_due", "past_due", "pending_verification")
    return {name: [] for name in names}


_URL = "/v1/accounts/{id}/persons"
_ONE = "/v1/accounts/{parent}/persons/{id}"
_OF = "AccountPerson"
ROUTES = (
    Route("POST", _URL, create, _OF + "CreateParams", "account", PERSON),
    Route("GET", _URL, listed, _OF + "ListParams", "account", PERSON),
    Route("GET", _ONE, retrieve, _OF + "RetrieveParams", "account", PERSON),
    Route("POST", _ONE, update, _OF + "UpdateParams", "account", PERSON),
    Route("DELETE", _ONE, delete, _OF + "DeleteParams", "account", PERSON),
)
