"""Changes made behind our back: the objects as they are afterwards, and the events that tell of them."""

import json
from pathlib import Path
from typing import Any

import stripe

LATER = 1_790_000_000


def change(objects: Path, folder: Path, changed: int) -> tuple[Path, Path]:
    """
    Pause the `changed` newest cards of an estate.

    Returns the file of the objects afterwards, and that of the events, newest first.
    """
    after, events = folder / "after.jsonl", folder / "events.jsonl"
    told: list[dict[str, Any]] = []
    with objects.open() as source, after.open("w") as out:
        for line in source:
            shown = json.loads(line) if len(told) < changed and '"issuing.card"' in line[:60] else None
            if shown is None:
                out.write(line)
                continue
            shown["status"] = "inactive"
            told.append(_event(len(told), shown))
            out.write(json.dumps(shown, separators=(",", ":")) + "\n")
    events.write_text("".join(json.dumps(each) + "\n" for each in reversed(told)))
    return after, events


def first_event(folder: Path) -> Path:
    """A file with the one event that there was before."""
    path = folder / "first.jsonl"
    path.write_text(json.dumps({**_event(-1, {"id": "ic_0", "created": 0}), "created": LATER - 3600}) + "\n")
    return path


def _event(number: int, shown: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"evt_1Bench{number + 1:08}",
        "object": "event",
        "api_version": stripe.api_version,
        "created": LATER + number,
        "type": "issuing_card.updated",
        "data": {"object": shown, "previous_attributes": {"status": "active"}},
        "request": {"id": "req_1", "idempotency_key": None},
    }
