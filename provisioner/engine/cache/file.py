"""The format of a cache file: a first line that identifies it, a signature, and one line of JSON."""

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

FORMAT = 7
HEADER = f"provisioner cache {FORMAT}"
LENGTH = 32  # hexadecimal: 128 bits
_OURS = re.compile(rb"provisioner cache \d+\r?\n|[0-9a-f]{24}\r?\n\[")  # the latter before format 4

Sign = Callable[[Any], str]


class Patch(Struct, frozen=True, array_like=True):
    """Data that many objects have in common."""

    fields: Mapping[str, Any]
    """The JSON merge patch (RFC 7386) from the configured fields to those of the object."""
    ownership: Ownership | None = None
    """The ownership metadata without address, record and the project's salt; None if there is none."""
    facts: ObservedFacts = NO_FACTS
    """The facts that Stripe returns in addition to the fields."""


@final
class Entry(Struct, frozen=True, array_like=True, gc=False):
    """One object, as far as a file may contain it."""

    id: str
    """Stripe's id."""
    created: int
    """The time of its creation (Unix seconds)."""
    address: str
    """The address in its ownership metadata, of this project or another; empty if there is none."""
    applied: str = ""
    """The record of what was last applied to it, as text."""
    references: tuple[str | None, ...] = ()
    """The ids in its reference fields, in the order of the kind's fields."""
    declared: str = ""
    """The digest of the configuration with which it was compared; empty if there is none."""
    patch: int = 0
    """The index of the patch from that configuration to the object."""
    told: int = 0
    """The part of the object that the patch shows (`entries.Told`)."""
    unchanged: bool = False
    """True if a comparison of its fields with that declaration found nothing to do or say."""


class Content(Struct, frozen=True, array_like=True):
    """The content of a full read."""

    identity: str
    """A digest of everything that must match for the file to be valid."""
    taken: int
    """The time of the read (Unix seconds)."""
    event: str
    """The id of the newest event at that time; empty if there was none."""
    event_at: int
    """The time of that event; 0 if there was none."""
    patches: Sequence[Patch]
    """The values that entries refer to, without duplicates."""
    objects: Mapping[str, Sequence[Entry]]
    """The objects of each resource, newest first."""


def signer(secret: str) -> Sign:
    """Return a function that computes digests that cannot be made or reversed without the secret."""
    key = hashlib.sha256(f"provisioner cache {secret}".encode()).digest()

    def sign(value: Any) -> str:
        data = value if type(value) is bytes else json.encode(value, order="deterministic")
        return hmac.digest(key, data, "sha256").hex()[:LENGTH]

    return sign


def identity_of(sign: Sign, config: Config, parts: Iterable[str]) -> str:
    """Return the digest of everything that must be unchanged for a file to be valid."""
    return sign([FORMAT, config.project, config.mode, config.account, *parts])


def save(path: Path, sign: Sign, content: Content) -> None:
    """Write a cache file, signed, for its owner alone; raises ProvisionerError."""
    body = json.encode(content)
    write_private(path, f"{HEADER}\n{sign(body)}\n{body.decode()}\n")


def load(path: Path, sign: Sign) -> Content | None:
    """Read a cache file; None if this key has not written one in this format."""
    try:
        header, signature, body = path.read_bytes().removesuffix(b"\n").split(b"\n", 2)
        if header != HEADER.encode() or not hmac.compare_digest(signature, sign(body).encode()):
            return None
        return json.decode(body, type=Content)
    except (OSError, ValueError, MsgspecError):
        return None


def is_cache(path: Path) -> bool:
    """Return whether a file may be overwritten: empty, or a cache of any format and key; raises OSError."""
    with path.open("rb") as file:
        head = file.read(64)
    return not head or _OURS.match(head) is not None
