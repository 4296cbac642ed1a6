"""
Objects as a cache file may hold them, and back.

Nothing personal or secret is written: an object is stored as what differs from its declaration, with a keyed
digest of the declaration. Where the configuration still has that declaration, its values are the object's.
What differs and is personal, secret or free text is left out, and whoever needs it reads the object.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any

from msgspec import json

from provisioner.core.diff.compare import hidden
from provisioner.core.model.config import Config
from provisioner.core.model.resource import MASK, Address, Declared
from provisioner.core.ownership.inventory import Inventory
from provisioner.core.ownership.marks import (
    ADDRESS,
    APPLIED,
    LIFECYCLE,
    OUR_KEYS,
    PROJECT,
    Record,
    field_code,
)
from provisioner.core.schema.field import Field, Shape
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import BESIDE, Kept
from provisioner.engine.cache.file import Entry, Sign

Item = Mapping[str, Any]
Tree = dict[str, Any]
FACTS = tuple(name for name in BESIDE if name not in ("id", "created"))
COMMON = frozenset(OUR_KEYS) - {ADDRESS, *APPLIED}  # the marks that say the same on most objects
SALT = "salt="  # a secret of the project's, in the mark of the lifecycle


class Told(IntEnum):
    """How much of an object its entry tells."""

    ALL = 0
    ENOUGH = 1  # to see whether it is in sync; to be changed or shown it must be read
    NOTHING = 2


def declaration_digest(sign: Sign, declared: Declared) -> str:
    """Return the keyed digest of the values of a declaration."""
    return sign([declared.address, declared.fields])


class EntryWriter:
    """
    Turns objects into entries.

    patches: the patches that the entries so far refer to.
    """

    def __init__(self, config: Config, inventory: Inventory, sign: Sign) -> None:
        self._config, self._inventory, self._sign = config, inventory, sign
        self._places: dict[bytes, int] = {}
        self.patches: list[Tree] = []

    def entry(self, kind: Kind, item: Item) -> Entry:
        """Turn an object into an entry; of those of others only what a plan says of them is written."""
        identity, created, marks = item["id"], item.get("created", 0), item.get("metadata") or {}
        address = str(marks.get(ADDRESS, ""))
        if marks.get(PROJECT) != self._config.project:
            owner = {"metadata": {PROJECT: marks[PROJECT]}} if address and PROJECT in marks else {}
            place = self._place({"status": item.get("status"), **owner})
            return Entry(identity, created, address if owner else "", patch=place)
        declared = self._config.declared.get(Address(*address.partition(".")[::2]))
        compared = declared and self._inventory.ids.get(declared.address) == identity
        applied = tuple(str(marks.get(key, "")) for key in APPLIED)
        found = _Difference(declared, " ".join(applied))
        patch = found.between(kind.fields, declared.fields if declared and compared else {}, item)
        patch |= {name: item[name] for name in FACTS if name in item}
        patch = {} if found.told is Told.NOTHING else patch
        patch["metadata"] = patch.get("metadata", {}) | _common(marks)
        return Entry(
            identity,
            created,
            address,
            applied,
            tuple(item.get(field.name) for field in kind.fields if field.shape is Shape.REF),
            declaration_digest(self._sign, declared) if declared and compared else "",
            self._place(patch),
            int(found.told),
        )

    def _place(self, patch: Tree) -> int:
        place = self._places.setdefault(json.encode(patch, order="deterministic"), len(self.patches))
        if place == len(self.patches):
            self.patches.append(patch)
        return place


def _common(marks: Mapping[str, str]) -> dict[str, str]:
    """The marks that say the same on most objects, without the project's salt."""
    found = {key: marks[key] for key in COMMON if marks.get(key)}
    if words := found.get(LIFECYCLE):
        found[LIFECYCLE] = " ".join(word for word in words.split() if not word.startswith(SALT))
    return found


class _Difference:
    """
    Finds the JSON merge patch (RFC 7386) that leads from a declaration to an object, without what is hidden.

    told: how much of the object the patch tells.
    """

    def __init__(self, declared: Declared | None, applied: str) -> None:
        self._sensitive = declared.sensitive if declared else frozenset()
        self._ignores = declared.lifecycle.ignores if declared else lambda _path: False
        self._applied = Record(applied.strip())
        self.told = Told.ALL

    def between(self, fields: Sequence[Field], want: Item, have: Item, prefix: str = "") -> Tree:
        """Return the patch from some fields as declared to the same as Stripe has them."""
        patch: Tree = {}
        for field in fields:
            name, w, h = field.name, want.get(field.name), have.get(field.name)
            if w == h or field.shape is Shape.REF:
                continue
            if h is None:
                patch[name] = None
            elif field.shape is Shape.HASH:
                patch[name] = self.between(field.fields, w or {}, h, f"{prefix}{name}.")
            elif field.shape is Shape.MAP:
                patch[name] = self._texts(field, prefix + name, w or {}, h)
            else:
                patch |= self._value(field, name, prefix + name, w, h)
        return {name: value for name, value in patch.items() if value != {}}

    def _texts(self, field: Field, path: str, want: Item, have: Item) -> Tree:
        patch: Tree = dict.fromkeys(want.keys() - have.keys())
        for key in have.keys() - OUR_KEYS:
            if want.get(key) != have[key]:
                patch |= self._value(field, key, f"{path}.{key}", want.get(key), have[key])
        return patch

    def _value(self, field: Field, name: str, path: str, want: Any, have: Any) -> Tree:
        """Return the patch of one value that is not as declared."""
        only_text = field.sensitive or field.shape is Shape.MAP  # nothing is reckoned with it
        if not only_text and not hidden(field, path, self._sensitive):
            return {name: have}
        left = want is None or self._ignores(path)
        same = want is not None and field.equivalent is not None and field.equivalent(want, have)
        self.told = max(self.told, Told.ENOUGH if only_text and (left or same) else Told.NOTHING)
        # that there is a value is all that a comparison asks, and of one that was never ours not even that
        return {name: MASK} if left and (want is not None or field_code(path) in self._applied) else {}


class Objects(Sequence[Any]):
    """
    The objects of one kind as a list shows them, each made of its entry as it is asked for.

    entries: the entries, or in the place of one the object as Stripe has shown it since.
    """

    def __init__(
        self,
        kind: Kind,
        entries: Sequence[Entry],
        patches: Sequence[Item],
        declared: Mapping[str, Declared],
    ) -> None:
        self.entries: list[Entry | Item] = [*entries]
        self._references = [field.name for field in kind.fields if field.shape is Shape.REF]
        self._patches, self._declared = patches, declared

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Item]:
        return map(self._object, self.entries)

    def __getitem__(self, place: Any) -> Any:
        return self._object(self.entries[place])

    def _object(self, entry: Entry | Item) -> Item:
        if not isinstance(entry, Entry):
            return entry
        kept = Kept(self._declared[entry.address].fields if entry.declared else ())
        _merge(kept, self._patches[entry.patch])
        kept["id"], kept["created"] = entry.id, entry.created
        kept |= {name: i for name, i in zip(self._references, entry.references, strict=False) if i}
        if entry.address:
            kept["metadata"] |= {ADDRESS: entry.address}
            kept["metadata"] |= {key: text for key, text in zip(APPLIED, entry.applied, strict=False) if text}
        return kept


def _merge(tree: Tree, patch: Item) -> None:
    for name, value in patch.items():
        if value is None:
            tree.pop(name, None)
        elif type(value) is dict:
            tree[name] = below = dict(tree.get(name) or ())
            _merge(below, value)
        else:
            tree[name] = value


def in_normal_form(value: Any) -> Any:
    """Return a value of JSON in normal form, where lists are tuples."""
    if isinstance(value, dict):
        return {name: in_normal_form(each) for name, each in value.items()}
    return tuple(map(in_normal_form, value)) if isinstance(value, list) else value
