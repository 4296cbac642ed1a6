"""Standard streams that the caller has closed: as good as /dev/null, and never the place of another file."""

import os
import sys
from pathlib import Path

NAMES = ("stdin", "stdout", "stderr")


def fill() -> None:
    """Open each of the three that is closed, or the next file to be opened would get what is said."""
    for number, name in enumerate(NAMES):
        try:
            os.fstat(number)
        except OSError:
            # the lowest number that is free is the one given
            stream = Path(os.devnull).open("w" if number else "r", encoding="utf-8")  # noqa: SIM115 - to the end
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
