"""The format of a cache file: a first line that says what it is, a signature, and one line of JSON."""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, final

from msgspec import MsgspecError, Struct, json

from provisioner.core.model.config import Config
from provisioner.core.model.resource import NO_FACTS, ObservedFacts, Ownership
from provisioner.engine.private_file import write_private

FORMAT = 6
HEADER = f"provisioner cache {FORMAT}"
LENGTH = 32  # hexadecimal: 128 bits
_OURS = re.compile(rb"provisioner cache \d+\r?\n|[0-9a-f]{24}\r?\n\[")  # the latter before format 4

Sign = Callable[[Any], str]


class Patch(Struct, frozen=True, array_like=True):
    """
    The data that many objects have in common.

    fields: the JSON merge patch (RFC 7386) that turns a declaration into the fields.
    ownership: the owner of an object, without its address, its record and the project's salt; None if it
        has no owner.
    facts: what Stripe says about the object besides its fields.
    """

    fields: Mapping[str, Any]
    ownership: Ownership | None = None
    facts: ObservedFacts = NO_FACTS


@final
class Entry(Struct, frozen=True, array_like=True, gc=False):
    """
    One object, as far as a file may hold it.

    id, created: Stripe's.
    address: the address in its ownership metadata, of this project or another; empty without one.
    applied: the record of what was last applied to it, as text.
    references: the ids that its reference fields name, in the order of the kind's fields.
    declared: the digest of the declaration that it was compared with; empty for an object that is not the
        one of a declared address.
    patch: which of the file's patches turns that declaration into the object.
    The last field is how much of the object the patch shows (`entries.Told`).
    """

    id: str
    created: int
    address: str
    applied: str = ""
    references: tuple[str | None, ...] = ()
    declared: str = ""
    patch: int = 0
    told: int = 0


class Content(Struct, frozen=True, array_like=True):
    """
    A full read.

    identity: a digest of everything that must match for the file to be valid.
    taken: when it was read, in Unix seconds.
    event, event_at: the newest event at that time; empty and 0 if there was none.
    patches: the values that entries refer to, without duplicates.
    objects: the objects of each resource, newest first.
    """

    identity: str
    taken: int
    event: str
    event_at: int
    patches: Sequence[Patch]
    objects: Mapping[str, Sequence[Entry]]


def signer(secret: str) -> Sign:
    """Return what makes digests of values that nobody can make or guess back without the secret."""
    key = hashlib.sha256(f"provisioner cache {secret}".encode()).digest()

    def sign(value: Any) -> str:
        data = value if type(value) is bytes else json.encode(value, order="deterministic")
        return hmac.digest(key, data, "sha256").hex()[:LENGTH]

    return sign


def identity_of(sign: Sign, config: Config, parts: Iterable[str]) -> str:
    """Return the digest of everything that must be the same for a file to be of use."""
    return sign([FORMAT, config.project, config.mode, config.account, *parts])


def save(path: Path, sign: Sign, content: Content) -> None:
    """Write a cache file, signed, for its owner alone; raises ProvisionerError."""
    body = json.encode(content)
    write_private(path, f"{HEADER}\n{sign(body)}\n{body.decode()}\n")


def load(path: Path, sign: Sign) -> Content | None:
    """Read a cache file; None where there is none that this key has written in this format."""
    try:
        header, signature, body = path.read_bytes().removesuffix(b"\n").split(b"\n", 2)
        if header != HEADER.encode() or not hmac.compare_digest(signature, sign(body).encode()):
            return None
        return json.decode(body, type=Content)
    except (OSError, ValueError, MsgspecError):
        return None


def is_cache(path: Path) -> bool:
    """Tell whether a file may be written over: empty, or a cache of any format and key; raises OSError."""
    with path.open("rb") as file:
        head = file.read(64)
    return not head or _OURS.match(head) is not None
