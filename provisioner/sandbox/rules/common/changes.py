"""
Every change of an object: kept, told as an event to whom it concerns, and shown as the answer.

What an event holds: docs.stripe.com/api/events/object; `previous_attributes` has the old values of
what changed, a hash's changed members only, arrays whole, and null for what was not there.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.sandbox.registry import registered, resource_of
from provisioner.sandbox.state.default_account import default_account
from provisioner.sandbox.state.objects import Resource, Tx, new_id

Json = dict[str, Any]

API_VERSION = "2026-10-28.endive"


def show_event(tx: Tx, stored: Json) -> Json:
    """An event as it is answered: with how many deliveries of it are still to be made."""
    waiting = tx.db.execute(
        "SELECT count(*) FROM deliveries WHERE event=? AND at IS NOT NULL", (stored["id"],)
    ).fetchone()
    return {**stored, "pending_webhooks": waiting[0]}


def event_texts(tx: Tx, bodies: list[str]) -> list[str] | None:
    """Many events as they are answered, if nothing of any is still to be delivered."""
    return None if tx.db.execute("SELECT 1 FROM deliveries LIMIT 1").fetchone() else bodies


EVENT = registered(Resource("event", "evt_", "event", filters=("type",), show=show_event, texts=event_texts))


def create(tx: Tx, resource: Resource, stored: Json, event: str | None = None) -> Json:
    """Keep a new object, tell it, and return it as it is shown."""
    tx.add(resource, stored)
    shown = resource.show(tx, stored)
    if event is not None:
        emit(tx, event, shown)
    return shown


def save(tx: Tx, resource: Resource, stored: Json, event: str | None = None) -> Json:
    """
    Keep an object's new form and return it as it is shown.

    The event is told only when something that is shown has changed.
    """
    before = resource.show(tx, tx.fetch(resource, stored["id"]))
    tx.put(resource, stored)
    shown = resource.show(tx, stored)
    previous = previous_attributes(before, shown)
    if event is not None and previous:
        emit(tx, event, shown, previous)
    return shown


def emit(tx: Tx, event_type: str, shown: Json, previous: Json | None = None) -> None:
    """Record an event about an object as it is shown now, and have it delivered."""
    told = event_of(tx, event_type, shown, previous)
    tx.add(EVENT, told)
    for owner, endpoint in listeners(tx, event_type):
        tx.db.execute(
            "INSERT INTO deliveries (at, account, event, owner, endpoint, attempt) VALUES (?, ?, ?, ?, ?, 0)",
            (tx.now, tx.account, told["id"], owner, endpoint["id"]),
        )


def listeners(tx: Tx, event_type: str) -> Iterator[tuple[str, Json]]:
    """
    The webhook endpoints that an event of the account goes to, each after the account that it belongs to.

    These are the account's own and, for a connected account, the platform's for connected accounts. `*`
    leaves out what must be asked for by name.
    """
    platform = default_account(tx)
    for owner in dict.fromkeys((tx.account, platform)):
        for endpoint in Tx(tx.db, owner, tx.now, tx.origin).all(resource_of("webhook_endpoint")):
            asked = endpoint["enabled_events"]
            wanted = event_type in asked or ("*" in asked and event_type != "issuing_authorization.request")
            if wanted and endpoint["status"] == "enabled" and endpoint["_connect"] == (owner != tx.account):
                yield owner, endpoint


def event_of(tx: Tx, event_type: str, shown: Json, previous: Json | None = None) -> Json:
    """An event about an object as it is shown now, not yet recorded."""
    data: Json = {"object": shown}
    if previous is not None:
        data["previous_attributes"] = previous
    connected = default_account(tx) != tx.account
    return {
        "id": new_id("evt_"),
        "object": "event",
        "api_version": API_VERSION,
        "created": tx.now,
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": tx.origin.id, "idempotency_key": tx.origin.idempotency_key},
        "type": event_type,
        **({"account": tx.account} if connected else {}),
    }


def previous_attributes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Json:
    """The old values of the members in which two forms of an object differ."""
    previous: Json = {}
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        previous[key] = (
            previous_attributes(old, new) if isinstance(old, dict) and isinstance(new, dict) else old
        )
    return previous
