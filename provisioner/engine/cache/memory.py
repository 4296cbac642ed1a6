"""What a full read leaves behind, so that the next one needs only what has changed since.

Digests and Stripe's ids only. All digests are keyed with the API key, so nothing in the file can be
guessed back or made up, and another key makes it useless.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import Struct, field

from provisioner.core.model.config import Config
from provisioner.core.model.resource import Address, Declared, Lifecycle
from provisioner.engine.cache.cached_live import Likeness

FORMAT = 4
HEADER = f"provisioner cache {FORMAT}"
_OURS = re.compile(rb"provisioner cache \d+\r?\n|[0-9a-f]{24}\r?\n\[")  # the latter before format 4
GONE = "-"  # in sync with not being declared
OPEN = ""  # not in sync, or not ours

Sign = Callable[[str], str]


class Remembered(NamedTuple):
    """
    One live object: its address's digest (empty: not ours), and what it was in sync with.

    `current` says whether it is the object of its address, and `like` what stands for it then. `settled` of
    one that is not ours is the digest of the address that another project has given it, if one has.
    """

    address: str
    settled: str
    current: bool
    like: int = Likeness.DECLARED


class Memory(Struct, frozen=True):
    """
    A full read: whose, when (Unix seconds), the newest event by then, and every object by resource and id,
    newest first.

    `event` is empty where the account had none, `event_at` the time of it.
    """

    identity: str
    taken: int
    event: str
    event_at: int
    objects: Mapping[str, Mapping[str, Remembered]] = field(default_factory=dict)


def signing(secret: str) -> Sign:
    """Return what makes digests that nobody makes without the secret."""
    key = hashlib.sha256(f"provisioner cache {secret}".encode()).digest()

    def sign(text: str) -> str:
        return hmac.digest(key, text.encode(), "sha256").hex()[:24]

    return sign


def identity_of(sign: Sign, config: Config, parts: Iterable[str]) -> str:
    """The digest of everything that must be the same for a memory to be of use."""
    return sign("\n".join([str(FORMAT), config.project, config.mode, config.account or "", *parts]))


def declared_digest(sign: Sign, declared: Declared) -> str:
    """The digest of a declaration."""
    lifecycle = [getattr(declared.lifecycle, name) for name in Lifecycle.__struct_fields__]
    return sign(_AS_JSON.encode([declared.fields, lifecycle, sorted(declared.sensitive)]))


def address_digest(sign: Sign, address: Address) -> str:
    """The digest of an address."""
    return sign(f"address {address}")


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else str(value)


def taken_digest(sign: Sign, address: str) -> str:
    """The digest of an address that another project has."""
    return sign(f"taken {address}")


_AS_JSON = json.JSONEncoder(sort_keys=True, default=_plain)


def text_of(sign: Sign, memory: Memory) -> str:
    """A memory as the text of a file, signed."""
    text = json.dumps(
        [memory.identity, memory.taken, memory.event, memory.event_at, memory.objects], separators=(",", ":")
    )
    return f"{HEADER}\n{sign(text)}\n{text}\n"


def is_ours(path: Path) -> bool:
    """Whether a file may be written over: empty, or a memory of any format and key; raises OSError."""
    with path.open("rb") as file:
        head = file.read(64)
    return not head or _OURS.match(head) is not None


def load(path: Path, sign: Sign) -> Memory | None:
    """Read a memory; None where there is none that this key has written."""
    try:
        _, signature, text, _ = path.read_text(encoding="utf-8").split("\n")
        if not hmac.compare_digest(signature.encode(), sign(text).encode()):
            return None
        identity, taken, event, event_at, objects = json.loads(text)
        known = {r: {i: Remembered(*entry) for i, entry in ids.items()} for r, ids in objects.items()}
    except (OSError, ValueError, TypeError):
        return None
    return Memory(identity, taken, event, event_at, known)
