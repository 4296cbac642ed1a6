"""Traces changes made outside of provisioner to their requests, using Stripe's events of the last 30 days."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from provisioner.core.model.errors import AccessError
from provisioner.core.model.json_document import TraceDocument
from provisioner.core.model.resource import Place
from provisioner.core.model.words import count
from provisioner.core.schema.kind import Kind, owned
from provisioner.engine.ports import Reader

OURS = "provisioner-"  # the prefix of our idempotency keys


class Explanation(Struct, frozen=True):
    """The events that changed values."""

    traces: Mapping[Place, TraceDocument] = {}
    """The events, by address and path."""
    gap: str = ""
    """The reason why some values have no event, as a sentence without its period; empty if all have one."""


def explain(reader: Reader, kinds: Iterable[Kind], changed: Mapping[Place, str]) -> Explanation:
    """
    Find the newest event that changed each value, except provisioner's own; `changed` has the objects' ids.

    Stripe keeps events for 30 days. Raises StripeError, and AccessError unless the key only lacks permission
    to read events.
    """
    try:
        traces = _traces(reader, kinds, changed)
    except AccessError as error:
        return Explanation(
            gap=f"The times and requests of changes made outside of provisioner are not known: {error}"
        )
    if missing := len(changed) - len(traces):
        values = f"{count(missing, 'value')} changed outside of provisioner"
        return Explanation(traces, f"Stripe has no event of the last 30 days for {values}")
    return Explanation(traces)


def _traces(
    reader: Reader, kinds: Iterable[Kind], changed: Mapping[Place, str]
) -> dict[Place, TraceDocument]:
    """Return the event of each value, without reading events older than all of the changed values need."""
    traces: dict[Place, TraceDocument] = {}
    if not changed:
        return traces
    left: dict[str, set[Place]] = {}
    for place, identity in changed.items():
        left.setdefault(identity, set()).add(place)
    types = [kind.updated_event for kind in owned(kinds) if kind.updated_event]
    for event in reader.list("events", {"types": types}):
        identity, request = event["data"]["object"].get("id"), event.get("request") or {}
        is_ours = str(request.get("idempotency_key") or "").startswith(OURS)
        previous = event["data"].get("previous_attributes") or {}
        for place in () if is_ours else sorted(left.get(identity, ())):
            # an object as a whole has ended or was reactivated, which its status shows
            if _holds(previous, place[1].partition("[")[0] or "status"):
                at = datetime.fromtimestamp(int(event["created"]), UTC).isoformat()
                traces[place] = TraceDocument(at, str(event["id"]), str(request.get("id") or "") or None)
                left[identity].discard(place)
        if len(traces) == len(changed):
            break
    return traces


def _holds(tree: Any, path: str) -> bool:
    name, _, rest = path.partition(".")
    if not isinstance(tree, Mapping) or name not in tree:
        return False
    below = tree[name]
    return not rest or not isinstance(below, Mapping) or _holds(below, rest)
