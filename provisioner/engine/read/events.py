"""Finds the newest snapshots of the objects changed since an event, or reports that this is not possible."""

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.core.schema.kind import Kind, owned
from provisioner.engine.ports import Lister

MARGIN = 300  # seconds: the order in which events appear in lists is not documented [?]


class GapError(Exception):
    """The cache cannot be updated from events; the text says why."""


def types_of(kinds: Iterable[Kind]) -> list[str]:
    """Return the types of events about objects of these kinds."""
    return [event for kind in owned(kinds) for event in kind.events]


def newest_event(reader: Lister, kinds: Iterable[Kind]) -> tuple[str, int]:
    """Return the id and time of the newest such event; empty and 0 if there was none in 30 days."""
    page = reader.page("events", {"limit": 1, "types": types_of(kinds)})
    return (str(page.items[0]["id"]), int(page.items[0]["created"])) if page.items else ("", 0)


def touched(
    reader: Lister, kinds: Iterable[Kind], event: str, event_at: int
) -> dict[str, Mapping[str, Any] | None]:
    """
    Return the objects with events since `event`, by id, newest first, as the newest event shows them.

    The value is None if an object's newest snapshot cannot be determined: the object was updated twice in
    one second, or the snapshot is from a different API version than the one that `reader` uses. Raises
    GapError if `event` itself no longer exists, because other events may be gone as well.
    """
    params: dict[str, Any] = {"types": types_of(kinds)}
    if event:
        params["created"] = {"gte": event_at - MARGIN}
    found: dict[str, Mapping[str, Any] | None] = {}
    times: dict[str, tuple[int, bool]] = {}
    seen = not event
    for item in reader.list("events", params):
        shown = item["data"]["object"]
        identity = str(shown.get("id"))
        # an object is not updated before it is created
        at = (int(item["created"]), item["type"].endswith(".updated"))
        seen = seen or item["id"] == event
        if times.get(identity, (-1, False)) < at:
            found[identity] = shown if item.get("api_version") in (None, reader.version) else None
            times[identity] = at
        elif times[identity] == at:
            found[identity] = None
    if not seen:
        raise GapError("Stripe no longer has events that go back to it")
    return found
