"""Files that are their owner's alone."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from provisioner.core.problem import ProvisionerError


def write_private(path: Path, text: str) -> None:
    """
    Write a file that only its owner may read: all of it, or what was there before stays.

    What is no regular file (a pipe, /dev/stdout) is written as it is. Raises ProvisionerError.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")
            return
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # created 0600
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            Path(draft).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(draft).unlink()
            raise
    except OSError as error:
        raise ProvisionerError(f"{path} cannot be written: {error.strerror}") from None


def private_folder(path: Path) -> None:
    """Make a folder that only its owner may enter, if there is none; raises ProvisionerError."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ProvisionerError(f"{path} cannot be made: {error.strerror}") from None
