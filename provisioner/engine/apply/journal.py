"""
A log of what was done, for people: lines of JSON, appended as steps end.

It contains no parameters, and so nothing personal; no code reads it to make decisions.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from provisioner.core.model.errors import ProvisionerError
from provisioner.engine.apply.execute import Result
from provisioner.engine.private_file import UnsafeFileError, append_private


class Journal:
    """
    The file to which every result is appended; only its owner can access it.

    Opening it raises UnsafeFileError if it is not a plain file, so that nothing is done without a log. If it
    cannot be written (a full disk), `warn` is called once, and the run continues.
    """

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self._path, self._warn, self._broken = path, warn, False
        self.append(())

    def append(self, lines: Sequence[Mapping[str, str]]) -> None:
        """Append lines, each a mapping as returned by `line`."""
        if self._broken:
            return
        try:
            append_private(self._path, "".join(json.dumps(each) + "\n" for each in lines))
        except (OSError, ProvisionerError) as error:
            if isinstance(error, UnsafeFileError) and not lines:
                raise
            self._broken = True
            why = error.strerror if isinstance(error, OSError) else error
            self._warn(f"the journal {self._path} cannot be written ({why}); continuing without it")


def line(result: Result) -> dict[str, str]:
    """Return the journal entry for a result."""
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
