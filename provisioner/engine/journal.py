"""An account of what was done, for people: lines of JSON, appended as it happens.

It holds no parameters, so nothing personal; and nothing ever reads it back to decide.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from provisioner.engine.execute import Result


def journal(path: Path, warn: Callable[[str], None]) -> Callable[[Result], None]:
    """
    A watcher that appends every result to the file at `path`.

    Where it cannot be written (a full disk), `warn` is told once, and the apply goes on.
    """
    broken = False

    def write(result: Result) -> None:
        nonlocal broken
        if broken:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(_line(result)) + "\n")
        except OSError as error:
            broken = True
            warn(f"the journal {path} cannot be written ({error.strerror}); the apply goes on without it")

    return write


def _line(result: Result) -> dict[str, str]:
    step = result.step
    return {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "address": str(step.address),
        "does": step.does,
        "call": f"{step.call.service}.{step.call.verb}",
        "id": result.id,
        "request_id": result.request_id,
        "key": step.call.key or "",
        "outcome": str(result.outcome),
        "reason": result.reason,
    }
