"""Files that are read whole: regular ones of a bounded size, and nothing that could wait or never end."""

import os
import stat
from pathlib import Path

_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # neither is everywhere


class FileTooLargeError(OSError):
    """There is more in a file than is read of it."""


def read_regular(file: Path, most: int) -> bytes:
    """
    Read a file that is one: never a pipe or a device, which may have no end or wait for somebody.

    Raises FileTooLargeError, and OSError that says why it cannot be read.
    """
    descriptor = os.open(file, os.O_RDONLY | _AT_ONCE)
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "not a regular file")
        data = opened.read(most + 1)
    if len(data) > most:
        raise FileTooLargeError(0, f"larger than {most} bytes")
    return data
