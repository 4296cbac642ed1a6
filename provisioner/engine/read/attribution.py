"""Trace drift to the requests that caused it, using Stripe's events of the last 30 days."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from provisioner.core.diff.drift import Drift
from provisioner.core.diff.drift_document import Place, TraceDocument
from provisioner.core.schema.kind import Kind, owned
from provisioner.engine.ports import Reader

OURS = "provisioner-"  # what our idempotency keys begin with


def explain(reader: Reader, kinds: Iterable[Kind], drifts: Iterable[Drift]) -> dict[Place, TraceDocument]:
    """
    Find the newest event that moved each value, other than our own.

    Stripe keeps events for 30 days; what moved before is not in the answer. Raises StripeError or
    AccessError.
    """
    wanted = [drift for drift in drifts if drift.counts and drift.id]
    if not wanted:
        return {}
    types = [kind.updated_event for kind in owned(kinds) if kind.updated_event]
    ids = {drift.id for drift in wanted}
    by_object: dict[str, list[Mapping[str, Any]]] = {}
    for event in reader.list("events", {"types": types}):
        identity = event["data"]["object"].get("id")
        is_ours = str((event.get("request") or {}).get("idempotency_key") or "").startswith(OURS)
        if identity in ids and not is_ours:
            by_object.setdefault(identity, []).append(event)
    traces: dict[Place, TraceDocument] = {}
    for drift in wanted:
        path = drift.path.partition("[")[0] or "status"  # which is what moves where an object has ended
        for event in by_object.get(drift.id, []):
            if _holds(event["data"].get("previous_attributes") or {}, path):
                request = str((event.get("request") or {}).get("id") or "") or None
                at = datetime.fromtimestamp(int(event["created"]), UTC).isoformat()
                traces[drift.place] = TraceDocument(at, str(event["id"]), request)
                break
    return traces


def _holds(tree: Any, path: str) -> bool:
    name, _, rest = path.partition(".")
    if not isinstance(tree, Mapping) or name not in tree:
        return False
    below = tree[name]
    return not rest or not isinstance(below, Mapping) or _holds(below, rest)
