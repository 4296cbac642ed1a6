"""Files that are their owner's alone."""

import fcntl
import os
import tempfile
from contextlib import suppress
from glob import escape
from pathlib import Path

from provisioner.core.problem import ProvisionerError

DRAFT = ".provisioner-draft"


def write_private(path: Path, text: str) -> None:
    """
    Write a file that only its owner may read: all of it, or what was there before stays.

    What is no regular file (a pipe, /dev/stdout) is written as it is. Drafts that killed runs have left
    beside it are taken away. Raises ProvisionerError.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")
            return
        _sweep(path)
        descriptor, draft = _draft(path)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                draft.replace(path)  # as long as it is open, nobody takes it for left behind
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise
    except OSError as error:
        raise ProvisionerError(f"{path} cannot be written: {error.strerror}") from None


def _draft(path: Path) -> tuple[int, Path]:
    """A new file beside `path`, created 0600 and locked as long as its descriptor is open."""
    while True:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=DRAFT)
        with suppress(OSError):  # a file system without locks: there, no draft is ever taken away
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return descriptor, Path(name)
        os.close(descriptor)  # another run has swept before it was locked


def _sweep(path: Path) -> None:
    """Take away the drafts of `path` that no process has locked, as their writers are no more."""
    for left in path.parent.glob(f".{escape(path.name)}.*{DRAFT}"):
        with suppress(OSError):
            descriptor = os.open(left, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                left.unlink()
            finally:
                os.close(descriptor)


def private_folder(path: Path) -> None:
    """Make a folder that only its owner may enter, if there is none; raises ProvisionerError."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ProvisionerError(f"{path} cannot be made: {error.strerror}") from None
