"""Reads whole files: only regular files of limited size, so that a read never blocks and always ends."""

import os
import stat
from pathlib import Path

_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # neither flag exists on every platform


class FileTooLargeError(OSError):
    """A file is larger than the limit for reading it."""


def read_regular(file: Path, most: int) -> bytes:
    """
    Read a regular file. A pipe or a device is an error, because reading it may block or never end.

    Raises FileTooLargeError for more than `most` bytes, and OSError with the reason if it cannot be read.
    """
    descriptor = os.open(file, os.O_RDONLY | _AT_ONCE)
    with os.fdopen(descriptor, "rb") as opened:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "not a regular file")
        # a read allocates all that it may return, and files are far smaller than `most`
        data = opened.read(min(status.st_size, most) + 1)
        if len(data) > status.st_size:
            data += opened.read(most)
    if len(data) > most:
        raise FileTooLargeError(0, f"larger than {most} bytes")
    return data
