"""What has happened to objects since an event: their newest snapshots, or the word that it cannot be told."""

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.core.schema.kind import Kind, owned
from provisioner.engine.ports import Lister

MARGIN = 300  # seconds: nothing is documented on the order in which events come to be listed [?]


class GapError(Exception):
    """A memory is of no use any more; the text says why."""


def types_of(kinds: Iterable[Kind]) -> list[str]:
    """The events that tell of an object of these kinds."""
    return [event for kind in owned(kinds) for event in kind.events]


def newest_event(reader: Lister, kinds: Iterable[Kind]) -> tuple[str, int]:
    """The id and time of the newest such event; nothing and 0 where there is none in 30 days."""
    page = reader.page("events", {"limit": 1, "types": types_of(kinds)})
    return (str(page.items[0]["id"]), int(page.items[0]["created"])) if page.items else ("", 0)


def touched(
    reader: Lister, kinds: Iterable[Kind], event: str, event_at: int
) -> dict[str, Mapping[str, Any] | None]:
    """
    The objects that events tell of since `event`, by id, newest first, as the newest event shows them.

    None stands for an object whose newest snapshot cannot be told: it was updated twice in one second, or
    the snapshot is of another version of the API than the one in which `reader` is answered. Raises
    GapError when `event` itself is not there any more: then others may be gone as well.
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
        at = (int(item["created"]), item["type"].endswith(".updated"))  # nothing is updated before it is made
        seen = seen or item["id"] == event
        if times.get(identity, (-1, False)) < at:
            found[identity] = shown if item.get("api_version") in (None, reader.version) else None
            times[identity] = at
        elif times[identity] == at:
            found[identity] = None
    if not seen:
        raise GapError("Stripe no longer has events that go back to it")
    return found
