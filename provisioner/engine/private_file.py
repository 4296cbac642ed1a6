"""
Writes files only if that is safe: to regular files, and not through links.

A repository, or another user of the machine, may have put a symbolic link, a pipe or a hard link in a file's
place; nothing is written to one. Files with private content can be read only by their owner.
"""

import errno
import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from glob import escape
from pathlib import Path

from provisioner.core.model.errors import ProvisionerError

FOLDER = ".provisioner"  # provisioner's own folder within the current one
DRAFT = ".provisioner-draft"
LEFT_BEHIND = 3600.0  # seconds; a draft is written at once, so the writer of an older one was killed
DEVICES = Path("/dev")
DATABASE = ("", "-wal", "-shm", "-journal")  # the suffixes of files that SQLite opens next to a database
OWNER, ANYBODY, OWNERS_FOLDER = 0o600, 0o666, 0o700
LINE_END = "\n"  # the same on every system, because files are committed to git and compared
HAS_MODES = hasattr(os, "fchmod")  # Windows has none of these flags, and no such links or pipes
SAFELY = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)


class UnsafeFileError(ProvisionerError):
    """A path is not a plain file that the user owns, and nothing was written to it."""


def write_private(path: Path, text: str | Iterable[str]) -> None:
    """
    Write a file that only its owner may read: either completely, or the old content stays.

    A long text may come in parts. A stream of the process (`/dev/stdout`, `/dev/fd/3`) receives the text
    unchanged. Drafts left next to the file by killed runs are removed. Raises ProvisionerError.
    """
    parts = [text] if isinstance(text, str) else text
    try:
        if path.is_relative_to(DEVICES):
            _to_stream(path, parts)
            return
        _look(path)
        for left in path.parent.glob(f".{escape(path.name)}.*{DRAFT}"):  # by writers that were killed
            with suppress(OSError):
                if time.time() - left.lstat().st_mtime > LEFT_BEHIND:
                    left.unlink()
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=DRAFT)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline=LINE_END) as file:
                file.writelines(parts)
            Path(draft).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(draft).unlink()
            raise
    except OSError as error:
        raise _unwritten(path, error) from None


def _to_stream(path: Path, parts: Iterable[str]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0))
    if sys.platform != "win32":
        os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(parts)


def check_replaceable(path: Path) -> None:
    """Raise UnsafeFileError if `write_private` would refuse to write, and OSError if it would."""
    _look(path)


def append_private(path: Path, text: str) -> None:
    """
    Append text in a single write, so that parallel runs do not mix their lines.

    If the file ends in an incomplete line, the text starts on a new one.

    The file is created if it does not exist. Raises UnsafeFileError and OSError.
    """
    descriptor = _opened(path, os.O_RDWR | os.O_APPEND, OWNER)
    try:
        size, torn = os.fstat(descriptor).st_size, False
        if text and size:
            os.lseek(descriptor, size - 1, os.SEEK_SET)
            torn = os.read(descriptor, 1) != b"\n"
        data = (("\n" if torn else "") + text).encode()
        if os.write(descriptor, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(descriptor)


def emptied(path: Path, mode: int = OWNER) -> int:
    """
    Empty a file, or create it, and return a descriptor for writing.

    `mode` is ANYBODY for a file without private content, such as a schema. Raises ProvisionerError.
    """
    try:
        descriptor = _opened(path, os.O_WRONLY, mode)
        os.ftruncate(descriptor, 0)
    except OSError as error:
        raise _unwritten(path, error) from None
    return descriptor


def write_public(path: Path, text: str) -> None:
    """Write a file without private content, such as a schema; raises ProvisionerError."""
    with os.fdopen(emptied(path, ANYBODY), "w", encoding="utf-8", newline=LINE_END) as file:
        file.write(text)


def private_database(path: Path) -> None:
    """
    Create the file of an SQLite database, and check the files that SQLite opens next to it.

    SQLite follows links, and gives those files the mode of the database. Raises ProvisionerError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for suffix in DATABASE:
            file = Path(f"{path}{suffix}")
            # not opened here: closing a file that this process has open would release SQLite's locks
            if (found := _look(file)) is None:
                continue
            _refuse_shared(file, found, OWNER)
            if HAS_MODES and stat.S_IMODE(found.st_mode) != OWNER:
                file.chmod(OWNER)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | SAFELY, OWNER))
    except OSError as error:
        raise _unwritten(path, error) from None


def _opened(path: Path, flags: int, mode: int) -> int:
    """Open a file without following a link, and without waiting for the other end of a pipe."""
    _look(path)
    descriptor = os.open(path, flags | os.O_CREAT | SAFELY, mode)
    try:
        found = os.fstat(descriptor)
        _refuse_special(path, found)  # it may have been replaced since it was checked
        _refuse_shared(path, found, mode)
        if sys.platform != "win32" and HAS_MODES and mode == OWNER != stat.S_IMODE(found.st_mode):
            os.fchmod(descriptor, OWNER)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _look(path: Path) -> os.stat_result | None:
    """
    Return the status of a path, None if it does not exist; raises UnsafeFileError if it is not a plain
    file.
    """
    for folder in path.parents:
        if folder.name == FOLDER:
            _own_folder(folder)
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    _refuse_special(path, found)
    return found


def _own_folder(path: Path) -> None:
    """Create provisioner's own folder, which only the user may enter."""
    with suppress(FileExistsError):
        path.mkdir(OWNERS_FOLDER, parents=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise UnsafeFileError(f"{path} is a file or a link, not a folder; nothing was written. Remove it")
    if not _is_own(found):
        raise UnsafeFileError(f"{path} belongs to another user; nothing was written. Remove it")
    if HAS_MODES and stat.S_IMODE(found.st_mode) != OWNERS_FOLDER:
        path.chmod(OWNERS_FOLDER)


def _refuse_special(path: Path, found: os.stat_result) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise _unsafe(path, "is a symbolic link")
    if not stat.S_ISREG(found.st_mode):
        raise _unsafe(path, "is not a regular file")


def _refuse_shared(path: Path, found: os.stat_result, mode: int) -> None:
    if found.st_nlink > 1:
        raise _unsafe(path, "has another name (a hard link)")
    if mode == OWNER and not _is_own(found):
        raise _unsafe(path, "belongs to another user")


def _unsafe(path: Path, why: str) -> UnsafeFileError:
    return UnsafeFileError(f"{path} {why}; nothing was written to it. Remove it, or name another file")


def _unwritten(path: Path, error: OSError) -> ProvisionerError:
    return ProvisionerError(f"{path} cannot be written: {error.strerror}")


def _is_own(found: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
