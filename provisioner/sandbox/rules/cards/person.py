"""Personal data of individual cardholders, and the requirements for active cards."""

import datetime as dt
import ipaddress
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import resource_of
from provisioner.sandbox.rules.common import unknowns
from provisioner.sandbox.rules.common.programs import program_of
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Tx

Json = dict[str, Any]

# SDK, CardholderCreateParamsIndividual.first_name: Latin letters and . , - ' and space, no numbers.
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ .,'\-])*")
_YOUNGEST = 13


def individual(tx: Tx, before: Mapping[str, Any] | None, given: Mapping[str, Any]) -> Json:
    """
    Return the `individual` hash after a request; values that are not sent stay.

    Raises ApiError for invalid names, birth dates, and acceptances of terms.
    """
    after: Json = {
        "dob": None,
        "first_name": None,
        "last_name": None,
        "verification": {"document": {"back": None, "front": None}},
        **(before or {}),
    }
    for field in ("first_name", "last_name"):
        if field in given:
            letters = [unicodedata.name(each, "") for each in given[field] if each.isalpha()]
            if not _NAME.fullmatch(given[field]) or not all(each.startswith("LATIN ") for each in letters):
                raise invalid("Names can hold letters, spaces and . , - ' only.", f"individual[{field}]")
            after[field] = given[field]
    if "dob" in given:
        after["dob"] = _birth_date(tx, given["dob"])
    if acceptance := given.get("card_issuing", {}).get("user_terms_acceptance"):
        none: Json = {"user_terms_acceptance": {"date": None, "ip": None, "user_agent": None}}
        old = after.get("card_issuing", none)["user_terms_acceptance"]
        after["card_issuing"] = {"user_terms_acceptance": _acceptance(tx, old, acceptance)}
    if document := given.get("verification", {}).get("document"):
        for side, file_id in document.items():
            _check_document(tx, file_id, f"individual[verification][document][{side}]")
        after["verification"] = {"document": after["verification"]["document"] | document}
    return after


def _check_document(tx: Tx, file_id: str, param: str) -> None:
    """Raise ApiError unless a document is a file for that purpose, or a switch leaves that unchecked."""
    if not unknowns.on(tx, "identity_documents_checked") and file_id.startswith("file_"):
        return
    purpose = tx.fetch(resource_of("file"), file_id, param)["purpose"]
    if purpose != "identity_document":
        raise invalid(f"A document needs the purpose identity_document; {file_id} has {purpose}.", param)


def requirements(tx: Tx, cardholder: Mapping[str, Any]) -> Json:
    """
    Return a cardholder's missing data (`past_due`), and why its cards cannot be active (`disabled_reason`).

    Every individual needs a name, and individuals in the US must accept the bank's terms
    (docs.stripe.com/issuing/other/choose-cardholder). A reason that Stripe set, for example after a watchlist
    match, is stored as `_disabled_reason`.
    """
    past_due = []
    if cardholder["type"] == "individual":
        person = cardholder["individual"] or {}
        past_due = [f"individual.{name}" for name in ("first_name", "last_name") if not person.get(name)]
        if program_of(tx).holder_accepts_terms:
            accepted = (person.get("card_issuing") or {}).get("user_terms_acceptance") or {}
            terms = "individual.card_issuing.user_terms_acceptance"
            past_due = [f"{terms}.{part}" for part in ("date", "ip") if not accepted.get(part)] + past_due
            if unknowns.on(tx, "birth_date_required") and not person.get("dob"):
                past_due += [f"individual.dob.{part}" for part in ("day", "month", "year")]
    reason = cardholder.get("_disabled_reason") or ("requirements.past_due" if past_due else None)
    return {"disabled_reason": reason, "past_due": past_due}


def _birth_date(tx: Tx, given: Mapping[str, int]) -> Json:
    try:
        born = dt.date(given["year"], given["month"], given["day"])
    except ValueError:
        raise invalid("This is not a date.", "individual[dob]") from None
    today = dt.datetime.fromtimestamp(tx.now, dt.UTC).date()
    if (born.year + _YOUNGEST, born.month, born.day) >= (today.year, today.month, today.day):
        raise invalid(f"Cardholders must be older than {_YOUNGEST} years.", "individual[dob]")
    return {"day": given["day"], "month": given["month"], "year": given["year"]}


def _acceptance(tx: Tx, before: Json, given: Mapping[str, Any]) -> Json:
    param = "individual[card_issuing][user_terms_acceptance]"
    after = before | {name: value or None for name, value in given.items()}
    if not 0 < (after["date"] or 1) <= tx.now:
        raise invalid("The terms cannot have been accepted at this time.", f"{param}[date]")
    if "ip" in given:
        try:
            ipaddress.ip_address(given["ip"])
        except ValueError:
            raise invalid(f"Invalid IP address: {given['ip']}", f"{param}[ip]") from None
    return after
