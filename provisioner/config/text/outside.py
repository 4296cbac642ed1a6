"""
Reads environment variables and files for a configuration, within limits.

Whoever proposes a change writes the YAML, and the machine that makes the plan has secrets. So a reference
reads neither a variable whose name or value looks like a secret, nor a file outside of the configuration
folder. Only command-line options allow more.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from provisioner.config.text.regular_file import FileTooLargeError, read_regular

LARGEST_SECRET = 65536
# names are compared in uppercase, surrounded by "_"
KEY_BEGINNINGS = ("STRIPE_", "AWS_", "PROVISIONER_", "INPUT_")
KEY_PARTS = ("TOKEN", "KEY", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "WEBHOOK", "PROXY")
KEY_WORDS = ("AUTH", "BEARER", "COOKIE", "DSN", "JWT", "PASS", "PAT", "PGPASS", "PWD", "SESSION")
# values: Stripe and GitHub keys, URLs with a password, and private keys
_KEY_VALUE = re.compile(
    r"\b(?:[rs]k_(?:live|test)_|whsec_|gh[a-z]_\w{20}|github_pat_)"
    r"|://[^\s/?#]*:[^\s/?#]*@|-----BEGIN [A-Z ]*PRIVATE KEY"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Allowed(Struct, frozen=True):
    """The exceptions that the command line allows."""

    names: tuple[str, ...] = ()
    """Environment variables that may be read although they look like secrets."""
    files: tuple[str, ...] = ()
    """Files and folders that may be read although they are outside the configuration folder."""


NOTHING_MORE = Allowed()


class HoleError(Exception):
    """A reference cannot be resolved; the message has the reason and the fix."""


class Outside(Struct, frozen=True):
    """Reads environment variables and files for a configuration."""

    folder: Path
    """The folder of the configuration."""
    environ: Mapping[str, str]
    """The environment variables."""
    allowed: Allowed = NOTHING_MORE
    """Additional variables and files that may be read."""
    unsaved: Mapping[Path, str] = MappingProxyType({})
    """The texts of YAML files that are open in an editor, by their resolved paths."""

    def variable(self, name: str) -> str:
        """Return the value of an environment variable; raises HoleError."""
        if names_a_key(name) and name not in self.allowed.names:
            raise HoleError(
                f"environment variable {name!r} is not read because its name suggests a secret; "
                f"rename it, or pass --allow-env {name}"
            )
        if name not in self.environ:
            raise HoleError(f"environment variable {name!r} is not set")
        if _KEY_VALUE.search(self.environ[name]) and name not in self.allowed.names:
            raise HoleError(
                f"environment variable {name!r} is not read because its value looks like a key or contains a "
                f"password; pass --allow-env {name} to allow it"
            )
        return _sound(self.environ[name], f"environment variable {name!r}")

    def file(self, beside: Path, name: str) -> str:
        """Return the text of the file `name`, relative to the file `beside`; raises HoleError."""
        try:
            text = self.content(beside, name, LARGEST_SECRET).decode("utf-8")
        except UnicodeDecodeError:
            raise HoleError(f"file {name!r} is not UTF-8") from None
        return _sound(text.removesuffix("\n").removesuffix("\r"), f"file {name!r}")

    def content(self, beside: Path, name: str, largest: int) -> bytes:
        """Return the content of the file `name`, of at most `largest` bytes; the rest is as in `file`."""
        try:
            file, folder = (beside.parent / name).resolve(), self.folder.resolve()
            inside = file.is_relative_to(folder) and not _hidden(file.relative_to(folder))
            if not (inside and not _strays(self.folder)) and not self.allows(file):
                raise HoleError(
                    f"file {name!r} is hidden or outside the configuration folder; move it into the folder, "
                    f"or pass --allow-file {beside.parent / name}"
                )
            if not file.exists():
                raise HoleError(f"file {name!r} does not exist; its path is relative to this file")
            return read_regular(file, largest)
        except FileTooLargeError:
            raise HoleError(f"file {name!r} is larger than {largest} bytes") from None
        except (OSError, ValueError, RuntimeError) as error:
            said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
            raise HoleError(f"file {name!r} cannot be read: {said}") from None

    def has(self, file: Path) -> bool:
        """Return whether a file is in the folder after following all links."""
        return file.resolve().is_relative_to(self.folder.resolve())

    def allows(self, file: Path) -> bool:
        """Return whether a file, or a folder that contains it, is explicitly allowed."""
        return any(file.resolve().is_relative_to(Path(each).resolve()) for each in self.allowed.files)


def names_a_key(name: str) -> bool:
    """Return whether the name of a variable suggests a secret, by its beginning or by the words in it."""
    said = f"_{re.sub('[^A-Z0-9]', '_', name.upper())}_"
    return (
        said[1:].startswith(KEY_BEGINNINGS)
        or any(part in said for part in KEY_PARTS)
        or any(f"_{word}_" in said for word in KEY_WORDS)
    )


def _hidden(path: Path) -> bool:
    """Return whether a path contains a hidden part, such as .git or .env, which may hold secrets.

    Names that start with two dots are allowed: Kubernetes uses them for mounted volumes.
    """
    return any(part.startswith(".") and not part.startswith("..") for part in path.parts)


def _strays(folder: Path) -> bool:
    """
    Return whether a path within the current folder leads outside of it through a link.

    Otherwise, replacing a folder with a link would expose the whole machine to the configuration.
    """
    inside = not folder.is_absolute() and not os.path.normpath(folder).startswith("..")
    return inside and not folder.resolve().is_relative_to(Path.cwd().resolve())


def _sound(text: str, what: str) -> str:
    if _CONTROL.search(text):
        raise HoleError(f"{what} contains a control character")
    return text
