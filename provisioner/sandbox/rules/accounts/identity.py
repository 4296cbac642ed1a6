"""The data of a person behind an account (docs.stripe.com/api/persons). Nobody is verified here."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import registered
from provisioner.sandbox.rules.common import countries
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


def blank(tx: Tx, account_id: str) -> Json:
    """Return a new person of an account, of whom nothing is known."""
    return {
        "id": new_id(PERSON.prefix),
        "object": "person",
        "account": account_id,
        "address": None,
        "created": tx.now,
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


def changed(person: Json, params: Mapping[str, Any], inside: str = "") -> Json:
    """
    Return a person with the values of a request; those that are not sent stay.

    `inside` is the parameter that contains these values, if any. Raises ApiError for a date that does not
    exist.
    """
    named = f"{inside}[{{}}]" if inside else "{}"
    after = {**person, "metadata": merged(person["metadata"], params)}
    after |= {name: params[name] for name in _PLAIN if name in params}
    if "address" in params:
        after["address"] = countries.address({"country": "US", **params["address"]}, named.format("address"))
    if params.get("dob"):
        after["dob"] = _birth_date(params["dob"], named.format("dob"))
    if "relationship" in params:
        given = {name: value for name, value in params["relationship"].items() if name in _RELATIONSHIP}
        after["relationship"] = {**person["relationship"], **given}
    after["id_number_provided"] = person["id_number_provided"] or "id_number" in params
    after["ssn_last_4_provided"] = person["ssn_last_4_provided"] or "ssn_last_4" in params
    return after


def _birth_date(given: Mapping[str, int], param: str) -> Json:
    try:
        born = dt.date(given["year"], given["month"], given["day"])
    except ValueError:
        raise invalid("This is not a date.", param) from None
    return {"day": born.day, "month": born.month, "year": born.year}


def _nothing_due() -> Json:
    names = ("alternatives", "currently_due", "errors", "eventually_due", "past_due", "pending_verification")
    return {name: [] for name in names}
