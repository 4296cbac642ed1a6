"""Ownership, written in the objects' own metadata inside the call that creates them.

There is no state file: these marks say which project and address an object belongs to, and which
fields were last applied. They fit Stripe's limits (50 keys, 40 and 500 characters:
docs.stripe.com/api/metadata) for the largest resource, and hold nothing that could be read or guessed:
a field is a code, its value a short digest, so short for personal values that many values share it.
Personal values that say little each, and all together (a date of birth), share one digest. They cannot be
keyed: every key of the account must be able to read them, those to come as well.
"""

import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from provisioner.core.model.limits import METADATA_VALUE
from provisioner.core.model.resource import DEACTIVATE, REMOVALS, Address, Declared, Lifecycle, Ownership, Ref
from provisioner.core.schema.field import Field
from provisioner.core.schema.kind import NAME_PATTERN
from provisioner.core.schema.normal_form import at, leaves

PREFIX = "provisioner_"
PROJECT, ADDRESS, GENERATION = PREFIX + "project", PREFIX + "address", PREFIX + "generation"
LIFECYCLE = PREFIX + "lifecycle"
APPLIED = (PREFIX + "applied", PREFIX + "applied_2")
OUR_KEYS = (PROJECT, ADDRESS, GENERATION, LIFECYCLE, *APPLIED)
MOST_DIGITS = 9  # of the numbers that we count up by one
_NAME, _ID = re.compile(NAME_PATTERN), re.compile("[A-Za-z0-9_-]{1,100}")
_SALT = re.compile("[0-9a-f]{32}")
UNKNOWN: Mapping[Address, Declared] = MappingProxyType({})
CODE = 4
PLAIN, WRITE_ONLY, PERSONAL = 4, 3, 1  # characters of six bits each
FIRST = 1  # the revision of an object as it is created
ACTIVATE = "to_activate"
UNLIKE = ("revision", "salt", ACTIVATE)  # words that may differ where two runs have done the same


def _short(text: str, length: int) -> str:
    # four characters at most: three bytes
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:3]).decode()[:length]


@lru_cache(maxsize=4096)
def field_code(path: str) -> str:
    """The code of a field in the record of what was applied."""
    return _short(path, CODE)


def _plain(value: Any) -> Any:
    return str(value.address) if isinstance(value, Ref) else value


_AS_JSON = json.JSONEncoder(sort_keys=True, default=_plain)
_in_json = json.encoder.encode_basestring_ascii


def value_digest(project: str, path: str, field: Field, value: Any) -> str:
    """
    A digest of a value in normal form: enough to see that it moved, too little to guess it from.

    A personal value that Stripe answers gets 6 bits (it is compared directly; the digest only says who
    moved it); a write-only one 18, as nothing else can show that it changed; others 24.
    """
    length = WRITE_ONLY if field.write_only else PERSONAL if field.sensitive else PLAIN
    if type(value) is str:  # most are: the same text, in half the time
        return _short(f"[{_in_json(project)}, {_in_json(path)}, {_in_json(value)}]", length)
    return _short(_AS_JSON.encode([project, path, _plain(value)]), length)


def judged(fields: Sequence[Field], path: str, field: Field) -> str:
    """
    The path of what stands for the value at `path` in digests: itself, or the hash that is sent with it.

    Day, month and year of a birth, digested one by one, could be told from the three digests.
    """
    names = path.split(".")
    for depth, name in enumerate(names[:-1], start=1):
        around = next((sub for sub in fields if sub.name == name), None)
        if around is None or not field.sensitive:
            break
        if around.sent_whole:
            return ".".join(names[:depth])
        fields = around.fields
    return path


def applied(project: str, fields: Sequence[Field], tree: Mapping[str, Any]) -> dict[str, str]:
    """The record of every value in a normal form: codes and digests."""
    record = {}
    for path, field, value in leaves(fields, tree):
        whole = judged(fields, path, field)
        record[field_code(path)] = value_digest(
            project, whole, field, value if whole == path else at(tree, whole)
        )
    return record


def spelled(record: Mapping[str, str]) -> str:
    """A record as one text: a space, then a code, its digest and a space for each value."""
    text = record.text if type(record) is Record else " ".join(map("".join, record.items()))
    return f" {text} "


class Record(Mapping[str, str]):
    """The record of what was applied as it stands in the marks, looked into without taking it apart."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __getitem__(self, name: str) -> str:
        at = 0 if self.text.startswith(name) else self.text.find(f" {name}") + 1
        if not (at or self.text.startswith(name)) or len(name) != CODE:
            raise KeyError(name)
        end = self.text.find(" ", at)
        return self.text[at + CODE : end if end > 0 else None]

    def __contains__(self, name: object) -> bool:
        return self.text.startswith(str(name)) or f" {name}" in self.text

    def __iter__(self) -> Iterator[str]:
        return iter({entry[:CODE]: None for entry in self.text.split()})

    def __len__(self) -> int:
        return self.text.count(" ") + 1 if self.text else 0


def marks(stamp: Ownership) -> dict[str, str]:
    """Write a stamp as metadata; every key of ours is there, empty where it says nothing."""
    words = ["protect"] if stamp.protect else []
    words += [f"on_remove={stamp.on_remove}"] if stamp.on_remove != DEACTIVATE else []
    words += [f"reissued={stamp.reissued}"] if stamp.reissued else []
    words += [f"replaces={stamp.predecessor}"] if stamp.predecessor else []
    words += [f"revision={stamp.revision}"] if stamp.revision else []
    words += [f"salt={stamp.salt}"] if stamp.salt else []
    words += [ACTIVATE] if stamp.to_activate else []
    record = dict.fromkeys(APPLIED, "")
    entries = [name + value for name, value in sorted(stamp.applied.items())]
    for key in APPLIED:
        while entries and len(record[key]) + 1 + len(entries[0]) <= METADATA_VALUE:
            record[key] = f"{record[key]} {entries.pop(0)}".lstrip()
    if entries:
        raise ValueError(f"the record of {stamp.address} does not fit its metadata")
    return {
        PROJECT: stamp.project,
        ADDRESS: str(stamp.address),
        GENERATION: str(stamp.generation),
        LIFECYCLE: " ".join(words),
        **record,
    }


def read_stamp(
    metadata: Mapping[str, str], declared: Mapping[Address, Declared] = UNKNOWN
) -> Ownership | None:
    """
    Read the stamp of an object, or None where it has none; the address of one that is `declared` is shared.

    People can edit metadata, so marks are held to what the YAML may say: one that cannot be read counts as
    not written. Where that is not safe, the stamp says that it is `unreadable`: without its address an object
    would be made again, and without the number of its last reissue it would be reissued again.
    """
    if not metadata.get(PROJECT):
        return None
    section, _, name = metadata.get(ADDRESS, "").partition(".")
    address = Address(section, name)
    known = declared.get(address)
    record, more = (metadata.get(key, "") for key in APPLIED)
    words = _told(metadata.get(LIFECYCLE, ""))
    unreadable = LIFECYCLE if words.reissued < 0 else ""
    if known is None and not _NAME.fullmatch(name):
        unreadable = ADDRESS
    return Ownership(
        sys.intern(metadata[PROJECT]),
        known.address if known else address,
        _number(metadata.get(GENERATION, ""), 0) or 1,
        Record(f"{record} {more}".strip() if more else record),
        *words,
        unreadable=unreadable,
    )


class _Words(NamedTuple):
    """What an object is told in one mark, in the order of a stamp; most are told the same."""

    protect: bool
    on_remove: str
    reissued: int  # -1: unreadable
    predecessor: str
    revision: int
    salt: str
    to_activate: bool


@lru_cache(maxsize=256)
def _told(text: str) -> _Words:
    words = text.split()
    facts = dict(word.partition("=")[::2] for word in words)
    on_remove, predecessor = facts.get("on_remove", DEACTIVATE), facts.get("replaces", "")
    salt = facts.get("salt", "")
    return _Words(
        protect="protect" in words,
        on_remove=on_remove if on_remove in REMOVALS else DEACTIVATE,
        reissued=_number(facts.get("reissued", "0"), -1),
        predecessor=predecessor if _ID.fullmatch(predecessor) else "",
        revision=_number(facts.get("revision", ""), 0),
        salt=salt if _SALT.fullmatch(salt) else "",
        to_activate=ACTIVATE in words,
    )


def lasting(text: str) -> str:
    """What an object is told, without the words that may differ where two runs have done the same."""
    return " ".join(word for word in text.split() if word.partition("=")[0] not in UNLIKE)


@lru_cache(maxsize=256)
def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else otherwise


NEW = Ownership("", Address("", ""))


def stamp_for(
    project: str,
    address: Address,
    generation: int,
    lifecycle: Lifecycle,
    record: Mapping[str, str],
    before: Ownership = NEW,
) -> Ownership:
    """
    The stamp of an object that is declared with this lifecycle.

    What was reissued `before` stays counted; the revision is the next one.
    """
    return Ownership(
        project=project,
        address=address,
        generation=generation,
        applied=record,
        protect=lifecycle.protect,
        on_remove=lifecycle.on_remove,
        reissued=max(before.reissued, lifecycle.reissue.number if lifecycle.reissue else 0),
        predecessor=before.predecessor,
        revision=before.revision + 1,
        salt=before.salt,
    )
