"""
Ownership metadata, which is written on each object by the call that creates it.

There is no state file: this metadata contains the project and address of an object, and a record of the
fields last applied. Even for the largest resource, it fits Stripe's limits (50 keys, 40 characters per key
and 500 per value: docs.stripe.com/api/metadata). Nothing in it reveals a value: a field is written as a code
and its value as a short digest; for personal values, the digest is so short that many values share it.
Personal values that are easy to guess even together (a date of birth) share one digest. The digests cannot be
keyed, because every key of the account, including future ones, must be able to read them.
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
from provisioner.core.model.resource import (
    DEACTIVATE,
    LOST,
    REMOVALS,
    Address,
    Declared,
    Lifecycle,
    Ownership,
    Ref,
)
from provisioner.core.model.upload import Upload
from provisioner.core.schema.field import Field
from provisioner.core.schema.kind import NAME_PATTERN
from provisioner.core.schema.normal_form import at, leaves

PREFIX = "provisioner_"
PROJECT, ADDRESS, GENERATION = PREFIX + "project", PREFIX + "address", PREFIX + "generation"
LIFECYCLE = PREFIX + "lifecycle"
APPLIED = (PREFIX + "applied", PREFIX + "applied_2")
OUR_KEYS = (PROJECT, ADDRESS, GENERATION, LIFECYCLE, *APPLIED)
MOST_DIGITS = 9  # of a number that provisioner increments
_NAME, _ID = re.compile(NAME_PATTERN), re.compile("[A-Za-z0-9_-]{1,100}")
_SALT = re.compile("[0-9a-f]{32}")
UNKNOWN: Mapping[Address, Declared] = MappingProxyType({})
CODE = 4
PLAIN, WRITE_ONLY, PERSONAL = 4, 3, 1  # characters of six bits each
UNREAD = "?"  # replaces a digest: the object was imported, and Stripe does not return the value
FIRST = 1  # the revision of a newly created object
ACTIVATE = "to_activate"
SECRET = "secret"  # noqa: S105 - a word, not a secret
UNLIKE = ("revision", "salt", ACTIVATE, SECRET)  # words that may differ between two runs that did the same


def _short(text: str, length: int) -> str:
    # four characters at most: three bytes
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:3]).decode()[:length]


@lru_cache(maxsize=4096)
def field_code(path: str) -> str:
    """Return the code of a field in the record of applied values."""
    return _short(path, CODE)


def _plain(value: Any) -> Any:
    if isinstance(value, Upload):
        return value.digest
    return str(value.address) if isinstance(value, Ref) else value


_AS_JSON = json.JSONEncoder(sort_keys=True, default=_plain)
_in_json = json.encoder.encode_basestring_ascii


def value_digest(project: str, path: str, field: Field, value: Any) -> str:
    """
    Return a digest of a value in normal form: long enough to detect a change, too short to guess the value.

    A personal value that Stripe returns gets 6 bits (it is compared directly; the digest only shows who
    changed it). A write-only value gets 18 bits, because nothing else can show that it changed. Others get
    24 bits.
    """
    length = WRITE_ONLY if field.write_only else PERSONAL if field.sensitive else PLAIN
    if type(value) is str:  # most values are ASCII strings; this gives the same text in half the time
        return _short(f"[{_in_json(project)}, {_in_json(path)}, {_in_json(value)}]", length)
    return _short(_AS_JSON.encode([project, path, _plain(value)]), length)


def judged(fields: Sequence[Field], path: str, field: Field) -> str:
    """
    Return the path whose value is digested for `path`: the path itself, or the hash that is sent with it.

    Separate digests of the day, month and year of a birth would reveal the date.
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
    """Return the record of every value in a normal form: codes and digests."""
    record = {}
    for path, field, value in leaves(fields, tree):
        whole = judged(fields, path, field)
        record[field_code(path)] = value_digest(
            project, whole, field, value if whole == path else at(tree, whole)
        )
    return record


def unread(
    project: str, fields: Sequence[Field], live: Mapping[str, Any], declared: Mapping[str, Any]
) -> dict[str, str]:
    """
    Return the record of values that an imported object may have, although Stripe does not return them.

    Configured values count as applied.
    """
    unknown = [field for field in fields if field.null_is_unknown and field.name not in live]
    record = {field_code(field.name): UNREAD for field in unknown}
    return record | applied(project, unknown, declared)


def spelled(record: Mapping[str, str]) -> str:
    """Return a record as text: a space, then for each value a code, its digest and a space."""
    text = record.text if type(record) is Record else " ".join(map("".join, record.items()))
    return f" {text} "


class Record(Mapping[str, str]):
    """The record of applied values, searched directly in the metadata's text without parsing it."""

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
    """Return a stamp as metadata with all of provisioner's keys; a key without content has an empty value."""
    words = ["protect"] if stamp.protect else []
    words += [f"on_remove={stamp.on_remove}"] if stamp.on_remove != DEACTIVATE else []
    words += [f"reissued={stamp.reissued}"] if stamp.reissued else []
    words += [f"replaces={stamp.predecessor}"] if stamp.predecessor else []
    words += [f"revision={stamp.revision}"] if stamp.revision else []
    words += [f"salt={stamp.salt}"] if stamp.salt else []
    words += [ACTIVATE] if stamp.to_activate else []
    words += [f"{SECRET}={stamp.secret}"] if stamp.secret else []
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
    Return the stamp of an object, or None if it has none; a `declared` address is shared, not copied.

    People can edit metadata, so only entries that the YAML could express are accepted; others count as
    missing. If ignoring an entry is not safe, the stamp has its key as `unreadable`: without its address, an
    object would be created again, and without the number of its last reissue, it would be reissued again.
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
    """The words of the lifecycle key, in the order of a stamp; most objects have the same ones."""

    protect: bool
    """True if the object must not be retired or replaced."""
    on_remove: str
    """The action when the object is no longer in the configuration."""
    reissued: int
    """The number of the last reissue; -1 if it cannot be read."""
    predecessor: str
    """The id of the object that this one replaces; empty if there is none."""
    revision: int
    """The number of the last change written."""
    salt: str
    """The random text included in digests of values."""
    to_activate: bool
    """True if the object is still to be activated."""
    secret: str
    """The state of handing over its secret; empty if there is nothing to hand over."""


@lru_cache(maxsize=256)
def _told(text: str) -> _Words:
    words = text.split()
    facts = dict(word.partition("=")[::2] for word in words)
    on_remove, predecessor = facts.get("on_remove", DEACTIVATE), facts.get("replaces", "")
    salt, secret = facts.get("salt", ""), facts.get(SECRET, "")
    return _Words(
        protect="protect" in words,
        on_remove=on_remove if on_remove in REMOVALS else DEACTIVATE,
        reissued=_number(facts.get("reissued", "0"), -1),
        predecessor=predecessor if _ID.fullmatch(predecessor) else "",
        revision=_number(facts.get("revision", ""), 0),
        salt=salt if _SALT.fullmatch(salt) else "",
        to_activate=ACTIVATE in words,
        secret=secret if secret == LOST or _number(secret, -1) >= 0 else "",
    )


def lasting(text: str) -> str:
    """Return the lifecycle words without those that may differ between two runs that did the same."""
    return " ".join(word for word in text.split() if word.partition("=")[0] not in UNLIKE)


def secret_of(text: str) -> str:
    """Return the state of the secret from an object's lifecycle words; empty if it was handed over."""
    return _told(text).secret


def with_secret(text: str, secret: str) -> str:
    """Return lifecycle words with a new state of the secret."""
    words = [word for word in text.split() if word.partition("=")[0] != SECRET]
    return " ".join([*words, *([f"{SECRET}={secret}"] if secret else [])])


def written_again(text: str) -> str:
    """Return lifecycle words with the next revision."""
    words = [word for word in text.split() if word.partition("=")[0] != "revision"]
    return " ".join([*words, f"revision={_told(text).revision + 1}"])


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
    Return the stamp of an object with these lifecycle settings.

    The number of the last reissue is never lower than `before`; the revision is one higher.
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
