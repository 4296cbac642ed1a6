"""Drift as a document, as text, and as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from provisioner.core.drift import Drift
from provisioner.engine.explain import Place, Trace
from provisioner.views.document import FORMAT_VERSION
from provisioner.views.words import inert, show_value

IN_SYNC = "No drift. Stripe is as it was last applied."
WHO = {
    "live": "moved in Stripe",
    "both": "moved in Stripe and in the YAML",
    "yaml": "pending: moved in the YAML",
}

Document = Mapping[str, Any]


def drift_document(
    project: str,
    drifts: Sequence[Drift],
    traces: Mapping[Place, Trace],
    unmanaged: Mapping[str, Sequence[str]],
    *,
    listed: bool,
) -> dict[str, Any]:
    """
    Write drift as JSON values; `unmanaged` maps kinds to the ids of objects that are not the project's.

    `before` is what was last applied (null where both sides have moved, as only its digest is known),
    `after` what is live.
    """
    return {
        "format_version": FORMAT_VERSION,
        "project": project,
        "summary": {
            "drift": sum(drift.counts for drift in drifts),
            "pending": sum(not drift.counts for drift in drifts),
            "unmanaged": {kind: len(ids) for kind, ids in unmanaged.items()},
        },
        "drift": [_drift(drift, traces.get(drift.place)) for drift in drifts],
        "unmanaged": {kind: list(ids) for kind, ids in unmanaged.items()} if listed else {},
    }


def _drift(drift: Drift, trace: Trace | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "address": str(drift.address),
        "id": drift.id or None,
        "path": drift.path,
        "moved": str(drift.moved),
        "before": {"live": drift.declared, "yaml": drift.live, "both": None}[str(drift.moved)],
        "after": drift.live,
        "declared": drift.declared,
        "direction": drift.direction.value,
        "currency": drift.currency,
        "text": drift.text,
    }
    if trace:
        at = datetime.fromtimestamp(trace.created, UTC).isoformat()
        document["trace"] = {"at": at, "event": trace.event, "request": trace.request or None}
    return document


def drift_text(document: Document) -> str:
    """Write a drift document as text: what moved, by address; then what is waiting; then a count."""
    lines = [line for entry in document["drift"] for line in _lines(entry)]
    for kind, ids in document["unmanaged"].items():
        lines += [f"  {identity}: a {kind} that is not managed here" for identity in ids]
    return "\n".join([*lines, *([""] if lines else []), _summary(document)]) + "\n"


def _lines(entry: Document) -> Iterator[str]:
    warning = (
        "  (gives spending power)" if entry["direction"] == "broadening" and entry["moved"] != "yaml" else ""
    )
    where = f" ({entry['id']})" if entry["id"] else ""
    yield f"  # {entry['address']}{where}: {WHO[entry['moved']]}{warning}"
    if entry["text"]:
        yield f"      {inert(entry['text'])}"
    else:
        declared, live = (_side(entry[side], entry) for side in ("declared", "after"))
        yield f"      {entry['path']}: declared {declared}, live {live}"
    if trace := entry.get("trace"):
        by = f"request {trace['request']}" if trace["request"] else "by Stripe or in the Dashboard"
        yield f"      since {trace['at']}, event {trace['event']}, {by}"


def _side(value: Any, entry: Document) -> str:
    return "nothing" if value is None else show_value(value, entry)


def _summary(document: Document) -> str:
    counts = document["summary"]
    others = ", ".join(f"{n} {kind}s" for kind, n in counts["unmanaged"].items() if n)
    tail = f" Not managed here: {others}." if others else ""
    if not counts["drift"] and not counts["pending"]:
        return IN_SYNC + tail
    if not counts["drift"]:
        return f"No drift; {counts['pending']} pending for the next apply.{tail}"
    return f"Drift: {counts['drift']} moved in Stripe, {counts['pending']} pending for the next apply.{tail}"


def drift_markdown(document: Document) -> str:
    """Write a drift document as Markdown for an issue: a table, or the sentence that there is none."""
    if not document["drift"]:
        return f"**{_summary(document)}**\n"
    rows = ["| address | field | declared | live | who moved |", "|---|---|---|---|---|"]
    for entry in document["drift"]:
        cells = [
            entry["address"],
            entry["path"] or inert(entry["text"]),
            _side(entry["declared"], entry),
            _side(entry["after"], entry),
            WHO[entry["moved"]],
        ]
        rows.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return f"**{_summary(document)}**\n\n" + "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    """Text that stays in its cell and means nothing to Markdown or HTML."""
    escaped = "".join(f"\\{c}" if c in "\\`*_{}[]()#+!|~" else c for c in text)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")
