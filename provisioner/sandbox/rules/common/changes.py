"""
Stores changed objects, records events about them, and delivers the events.

For the form of events see docs.stripe.com/api/events/object. `previous_attributes` has the old values of
changed members: of a hash only changed members, arrays as a whole, and null for members that did not exist.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.sandbox.registry import registered, resource_of
from provisioner.sandbox.state.default_account import default_account
from provisioner.sandbox.state.objects import Resource, Tx, new_id

Json = dict[str, Any]

API_VERSION = "2026-10-28.endive"


def show_event(tx: Tx, stored: Json) -> Json:
    """Return an event in the form of responses, with its number of pending deliveries."""
    waiting = tx.db.execute(
        "SELECT count(*) FROM deliveries WHERE event=? AND at IS NOT NULL", (stored["id"],)
    ).fetchone()
    return {**stored, "pending_webhooks": waiting[0]}


def event_texts(tx: Tx, bodies: list[str]) -> list[str] | None:
    """Return several events in the form of responses, or None if there are pending deliveries."""
    return None if tx.db.execute("SELECT 1 FROM deliveries LIMIT 1").fetchone() else bodies


EVENT = registered(Resource("event", "evt_", "event", filters=("type",), show=show_event, texts=event_texts))


def create(tx: Tx, resource: Resource, stored: Json, event: str | None = None) -> Json:
    """Store a new object, record an event, and return the object in the form of responses."""
    tx.add(resource, stored)
    shown = resource.show(tx, stored)
    if event is not None:
        emit(tx, event, shown)
    return shown


def save(tx: Tx, resource: Resource, stored: Json, event: str | None = None) -> Json:
    """
    Store a changed object and return it in the form of responses.

    An event is recorded only if a public field changed.
    """
    if event is None or tx.is_silent:
        tx.put(resource, stored)
        return resource.show(tx, stored)
    before = resource.show(tx, tx.fetch(resource, stored["id"]))
    tx.put(resource, stored)
    shown = resource.show(tx, stored)
    previous = previous_attributes(before, shown)
    if previous:
        emit(tx, event, shown, previous)
    return shown


def emit(tx: Tx, event_type: str, shown: Json, previous: Json | None = None) -> None:
    """Record an event about an object's current form, and schedule its deliveries."""
    if tx.is_silent:
        return
    told = event_of(tx, event_type, shown, previous)
    tx.add(EVENT, told)
    for owner, endpoint in listeners(tx, event_type):
        tx.db.execute(
            "INSERT INTO deliveries (at, account, event, owner, endpoint, attempt) VALUES (?, ?, ?, ?, ?, 0)",
            (tx.now, tx.account, told["id"], owner, endpoint["id"]),
        )


def listeners(tx: Tx, event_type: str) -> Iterator[tuple[str, Json]]:
    """
    Yield the webhook endpoints that receive an event of the account, each with the account that owns it.

    These are endpoints of the account and, for a connected account, endpoints of the platform for connected
    accounts. `*` does not include events that must be requested by name.
    """
    platform = default_account(tx)
    for owner in dict.fromkeys((tx.account, platform)):
        for endpoint in Tx(tx.db, owner, tx.now, tx.origin).all(resource_of("webhook_endpoint")):
            asked = endpoint["enabled_events"]
            wanted = event_type in asked or ("*" in asked and event_type != "issuing_authorization.request")
            if wanted and endpoint["status"] == "enabled" and endpoint["_connect"] == (owner != tx.account):
                yield owner, endpoint


def event_of(tx: Tx, event_type: str, shown: Json, previous: Json | None = None) -> Json:
    """Return an event about an object's current form, without recording it."""
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
    """Return the old values of the members that differ between two forms of an object."""
    previous: Json = {}
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        previous[key] = (
            previous_attributes(old, new) if isinstance(old, dict) and isinstance(new, dict) else old
        )
    return previous
