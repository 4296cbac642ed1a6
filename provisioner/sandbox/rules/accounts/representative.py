"""
The persons behind a connected account: its representative, owners, and directors.

docs.stripe.com/api/persons. The owner of an individual's business is one of them, and is also in the account.
"""

from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route
from provisioner.sandbox.rules.accounts import account
from provisioner.sandbox.rules.accounts.identity import PERSON, blank, changed
from provisioner.sandbox.rules.common.changes import emit, previous_attributes
from provisioner.sandbox.rules.common.listing import page
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Tx

Json = dict[str, Any]


def create(call: HandlerCall) -> Json:
    """Add a person to an account."""
    there = _within(call, call.id)
    made = changed(blank(there, call.id), call.params)
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
    after = changed(before, call.params)
    there.put(PERSON, after)
    if previous := previous_attributes(before, after):
        emit(there, "person.updated", after, previous)
    holder = account.connected(call, call.parent)
    if holder.get("individual", {}).get("id") == call.id:
        account.saved(call.tx, {**holder, "individual": after})
    return after


def delete(call: HandlerCall) -> Json:
    """Remove a person from an account."""
    there = _within(call, call.parent)
    gone = there.fetch(PERSON, call.id)
    if account.connected(call, call.parent).get("individual", {}).get("id") == call.id:
        raise invalid(f"Person {call.id} is the account's individual, and cannot be removed from it.")
    there.remove(PERSON, call.id)
    emit(there, "person.deleted", gone)
    return {"id": call.id, "object": "person", "deleted": True}


def _within(call: HandlerCall, account_id: str) -> Tx:
    """Return a transaction in a connected account."""
    account.connected(call, account_id)
    return Tx(call.tx.db, account_id, call.tx.now, call.tx.origin)


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
