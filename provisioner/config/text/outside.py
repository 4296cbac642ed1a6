"""What a configuration may read from outside of itself: variables of the environment, and files.

The author of a change writes the YAML, and the machine that plans it holds keys. So holes read neither a
variable whose name or value says that it holds a key, nor a file that lies elsewhere than the configuration;
only whoever gives the command can allow more.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from provisioner.config.text.regular_file import FileTooLargeError, read_regular

LARGEST_SECRET = 65536
# of names in capitals with "_" at both ends
KEY_BEGINNINGS = ("STRIPE_", "AWS_", "PROVISIONER_", "INPUT_")
KEY_PARTS = ("TOKEN", "KEY", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "WEBHOOK", "PROXY")
KEY_WORDS = ("AUTH", "BEARER", "COOKIE", "DSN", "JWT", "PASS", "PAT", "PGPASS", "PWD", "SESSION")
# whatever the name: keys of Stripe's and GitHub's, addresses with a password, and private keys
_KEY_VALUE = re.compile(
    r"\b(?:[rs]k_(?:live|test)_|whsec_|gh[a-z]_\w{20}|github_pat_)"
    r"|://[^\s/?#]*:[^\s/?#]*@|-----BEGIN [A-Z ]*PRIVATE KEY"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Allowed(Struct, frozen=True):
    """
    What may be read besides: `names` of variables that look like keys, `files` elsewhere.

    A folder among the files allows all that is in it.
    """

    names: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


NOTHING_MORE = Allowed()


class HoleError(Exception):
    """A hole cannot be filled; the text says why, and what would be right."""


class Outside(Struct, frozen=True):
    """Reads for the configuration in `folder`."""

    folder: Path
    environ: Mapping[str, str]
    allowed: Allowed = NOTHING_MORE

    def variable(self, name: str) -> str:
        """Return the value of a variable of the environment; raises HoleError."""
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
        """Return the text of a file that a file of the configuration names; raises HoleError."""
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
            text = read_regular(file, LARGEST_SECRET).decode("utf-8")
        except UnicodeDecodeError:
            raise HoleError(f"file {name!r} is not UTF-8") from None
        except FileTooLargeError:
            raise HoleError(f"file {name!r} is larger than {LARGEST_SECRET} bytes") from None
        except (OSError, ValueError, RuntimeError) as error:
            said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
            raise HoleError(f"file {name!r} cannot be read: {said}") from None
        return _sound(text.removesuffix("\n").removesuffix("\r"), f"file {name!r}")

    def has(self, file: Path) -> bool:
        """Whether a file lies in the folder, all links followed."""
        return file.resolve().is_relative_to(self.folder.resolve())

    def allows(self, file: Path) -> bool:
        """Whether a file is one that is allowed, or in a folder that is."""
        return any(file.resolve().is_relative_to(Path(each).resolve()) for each in self.allowed.files)


def names_a_key(name: str) -> bool:
    """Whether variables of this name hold keys: by how it begins, or by what is in it."""
    said = f"_{re.sub('[^A-Z0-9]', '_', name.upper())}_"
    return (
        said[1:].startswith(KEY_BEGINNINGS)
        or any(part in said for part in KEY_PARTS)
        or any(f"_{word}_" in said for word in KEY_WORDS)
    )


def _hidden(path: Path) -> bool:
    """Whether a path leads through something hidden, such as .git or .env, where keys are kept.

    Two dots are how Kubernetes mounts what changes all at once.
    """
    return any(part.startswith(".") and not part.startswith("..") for part in path.parts)


def _strays(folder: Path) -> bool:
    """Whether a link leads out of the current folder, though the path names a place in it.

    Whoever may turn a folder into a link could make all of the machine the configuration's own.
    """
    inside = not folder.is_absolute() and not os.path.normpath(folder).startswith("..")
    return inside and not folder.resolve().is_relative_to(Path.cwd().resolve())


def _sound(text: str, what: str) -> str:
    if _CONTROL.search(text):
        raise HoleError(f"{what} contains a control character")
    return text
