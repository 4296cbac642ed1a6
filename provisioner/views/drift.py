"""Drift as a document, as text, and as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from provisioner.core.diff.drift import Drift
from provisioner.engine.read.attribution import Place, Trace
from provisioner.views.safe_markdown import LONGEST_LINE, clip, fence, plain, size
from provisioner.views.values import count, inert, show_row, show_value
from provisioner.views.version import FORMAT_VERSION

IN_SYNC = "No drift. Stripe is as it was last applied."
LONGEST = 60_000  # GitHub takes 65,536 characters in an issue
ROOM = 1_000  # for titles, fences and the last line
WHO = {
    "live": "moved in Stripe",
    "both": "moved in Stripe and in the YAML",
    "yaml": "pending: moved in the YAML",
    "stripe": "held back by Stripe",
    "ended": "has ended as declared",
}
WHAT = ("declared", "live")
WAITS = "pending"  # of what the YAML has not moved, such as a balance that has gone down

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
    `after` what is live. `warnings` are no drift: what Stripe holds back until somebody has settled it. Nor
    is what has `ended` as declared, such as a card for one payment.
    """
    return {
        "format_version": FORMAT_VERSION,
        "project": project,
        "summary": {
            "drift": sum(drift.counts for drift in drifts),
            "pending": sum(drift.waits for drift in drifts),
            "warnings": sum(drift.warns for drift in drifts),
            "ended": sum(drift.ended for drift in drifts),
            "unmanaged": {kind: len(ids) for kind, ids in unmanaged.items()},
        },
        "drift": [_drift(drift, traces.get(drift.place)) for drift in drifts if drift.counts or drift.waits],
        "warnings": [_remark(drift) for drift in drifts if drift.warns],
        "ended": [_remark(drift) for drift in drifts if drift.ended],
        "unmanaged": {kind: list(ids) for kind, ids in unmanaged.items()} if listed else {},
    }


def _remark(drift: Drift) -> dict[str, Any]:
    return {"address": str(drift.address), "id": drift.id or None, "text": drift.text}


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
    if drift.currency_live is not None:
        document["currency_live"] = drift.currency_live
    if drift.row:
        document["row"] = dict(drift.row)
    if trace:
        at = datetime.fromtimestamp(trace.created, UTC).isoformat()
        document["trace"] = {"at": at, "event": trace.event, "request": trace.request or None}
    return document


def drift_text(document: Document) -> str:
    """Write a drift document as text: what moved, by address; then what is waiting; then a count."""
    moved = sorted(document["drift"], key=lambda entry: entry["moved"] == "yaml")
    lines = [*entries_lines([*moved, *_remarks(document, "warnings"), *_remarks(document, "ended")])]
    for kind, ids in document["unmanaged"].items():
        lines += [f"  {identity}: a {kind} that is not managed here" for identity in ids]
    return "\n".join([*lines, *([""] if lines else []), drift_line(document)]) + "\n"


def entries_lines(entries: Sequence[Document]) -> Iterator[str]:
    """Entries as lines of text; those that follow each other about one object stand under one heading."""
    heading = ""
    for entry in entries:
        first, *others = entry_lines(entry)
        yield from others if first == heading else (first, *others)
        heading = first


def entry_lines(entry: Document) -> Iterator[str]:
    """One entry of the document as lines of text: what it is about, what it was and is, and since when."""
    warning = (
        "  (gives spending power)" if entry["direction"] == "broadening" and entry["moved"] != "yaml" else ""
    )
    where = f" ({entry['id']})" if entry["id"] else ""
    who = WAITS if entry["moved"] == "yaml" and entry["text"] else WHO[entry["moved"]]
    yield f"  # {inert(entry['address'])}{where}: {who}{warning}"
    if entry["text"]:
        yield f"      {inert(entry['text'])}"
    else:
        declared, live = _both(entry)
        yield f"      {inert(entry['path'])}: declared {declared}, live {live}"
    if trace := entry.get("trace"):
        by = f"request {trace['request']}" if trace["request"] else "by Stripe or in the Dashboard"
        yield f"      since {trace['at']}, event {trace['event']}, {by}"


def _remarks(document: Document, key: str) -> list[Document]:
    """What is no drift, in the form of entries: what keeps cards from working, or what has ended."""
    moved = {"warnings": "stripe", "ended": "ended"}[key]
    return [{**each, "moved": moved, "direction": "neutral"} for each in document.get(key, ())]


def _both(entry: Document) -> tuple[str, str]:
    """What is declared and what is live, each in its own currency."""
    currency, row = entry.get("currency", ""), show_row(entry.get("row", {}))
    sides = (entry["declared"], currency), (entry["after"], entry.get("currency_live", currency))
    declared, live = ("nothing" if value is None else show_value(value, of) + row for value, of in sides)
    return declared, live


def drift_line(document: Document) -> str:
    """The line that counts."""
    counts = document["summary"]
    others = ", ".join(count(n, kind) for kind, n in counts["unmanaged"].items() if n)
    held = counts.get("warnings")
    tail = f" Held back by Stripe: {held}." if held else ""
    tail += f" Ended as declared: {ended}." if (ended := counts.get("ended")) else ""
    tail += f" Not managed here: {others}." if others else ""
    if not counts["drift"] and not counts["pending"]:
        return IN_SYNC + tail
    if not counts["drift"]:
        return f"No drift; {counts['pending']} pending for the next apply.{tail}"
    return f"Drift: {counts['drift']} moved in Stripe, {counts['pending']} pending for the next apply.{tail}"


def drift_markdown(document: Document, longest: int = LONGEST) -> str:
    """Write a drift document as Markdown for one issue, of at most `longest` bytes; values are code only."""
    head = f"**{plain(drift_line(document))}**\n"
    moved = [entry for entry in document["drift"] if entry["moved"] != "yaml"]
    waiting = [entry for entry in document["drift"] if entry["moved"] == "yaml"]
    if gives := sum(entry["direction"] == "broadening" for entry in moved):
        head += f"\n> [!WARNING]\n> {count(gives, 'move')} gave spending power that nobody has reviewed.\n"
    room = longest - size(head) - ROOM
    parts = []
    titled = {
        "What moved in Stripe": moved,
        "Held back by Stripe": _remarks(document, "warnings"),
        "Ended as declared": _remarks(document, "ended"),
        "Waiting for the next apply": waiting,
    }
    for title, entries in titled.items():
        if entries:
            lines = [*_fitting(entries, room)]
            parts.append(f"\n#### {title}\n\n{fence(lines, 'diff')}\n")
            room -= size(parts[-1])
    return head + "".join(parts)


def _fitting(entries: Sequence[Document], room: int) -> Iterator[str]:
    """The lines of as many entries as there is room for, and how many more there are."""
    heading = ""
    for number, entry in enumerate(entries):
        first, *others = (clip(inert(line.strip()), LONGEST_LINE) for line in entry_lines(entry))
        block = [*([] if first == heading else [first]), *_sides(entry, others)]
        heading = first
        room -= sum(size(line) + 1 for line in block)
        if room < 0:
            yield f"# and {len(entries) - number:,} more"
            return
        yield from block


def _sides(entry: Document, told: Sequence[str]) -> Iterator[str]:
    """What was and what is, as the two sides of a `diff`; of what waits, what is and what will be."""
    if entry["text"]:
        yield from (f"  {line}" for line in told)
        return
    path = inert(entry["path"])
    declared, live = (f"{value}  ({what})" for value, what in zip(_both(entry), WHAT, strict=True))
    before, after = (live, declared) if entry["moved"] == "yaml" else (declared, live)
    yield clip(f"- {path}: {before}", LONGEST_LINE)
    yield clip(f"+ {path}: {after}", LONGEST_LINE)
    yield from (f"  {line}" for line in told[1:])
