"""An account of what was done, for people: lines of JSON, appended as it happens.

It holds no parameters, so nothing personal; and nothing ever reads it back to decide.
"""

import errno
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from provisioner.engine.execute import Result


def journal(path: Path, warn: Callable[[str], None]) -> Callable[[Result], None]:
    """
    A watcher that appends every result to the file at `path`, once it is known.

    The file is its owner's alone. Where it cannot be written (a full disk), `warn` is told once, and
    the apply goes on.
    """
    broken = False

    def write(result: Result) -> None:
        nonlocal broken
        if broken:
            return
        try:
            append(path, json.dumps(line(result)) + "\n")
        except OSError as error:
            broken = True
            warn(f"the journal {path} cannot be written ({error.strerror}); the apply goes on without it")

    return write


def append(path: Path, text: str) -> None:
    """Append a line in one write, so that those of other runs stay whole; a torn one before stays alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        torn = size and os.pread(descriptor, 1, size - 1) != b"\n"
        data = (("\n" if torn else "") + text).encode()
        if os.write(descriptor, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(descriptor)


def line(result: Result) -> dict[str, str]:
    """What the journal says of a result."""
    step = result.step
    return {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "address": str(step.address),
        "does": step.does,
        "call": f"{step.call.service}.{step.call.verb}",
        "id": result.id,
        "request_id": result.request_id,
        "key": result.key,
        "outcome": str(result.outcome),
        "reason": result.reason,
    }
