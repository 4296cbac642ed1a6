"""
Converts objects to the entries of a cache file, and back.

Nothing personal or secret is written: an entry contains the differences between an object and its
configuration, and a keyed digest of the configuration. If the configuration is unchanged, the object's values
follow from it. Differences that are personal, secret or free text are omitted; code that needs them reads the
object.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any

from msgspec import json
from msgspec.structs import replace

from provisioner.core.diff.hidden import hidden
from provisioner.core.diff.unchanged import as_recorded
from provisioner.core.model.config import Config
from provisioner.core.model.resource import MASK, Address, Declared, Ownership
from provisioner.core.model.snapshot import Observed
from provisioner.core.ownership.inventory import Inventory
from provisioner.core.ownership.marks import Record, field_code, spelled
from provisioner.core.schema.field import Field, Shape
from provisioner.core.schema.kind import Kind
from provisioner.engine.cache.file import Entry, Patch, Sign

Item = Mapping[str, Any]
Tree = dict[str, Any]
NOWHERE = Address("", "")


class Told(IntEnum):
    """The part of an object that its entry shows."""

    ALL = 0
    ENOUGH = 1  # enough to see whether it is in sync; to change or show it, it must be read
    NOTHING = 2


def declaration_digest(sign: Sign, declared: Declared) -> str:
    """Return the keyed digest of the values of a resource in the configuration."""
    return sign([declared.address, declared.fields])


class EntryWriter:
    """
    Converts objects to entries.

    patches: the patches to which the entries so far refer.
    """

    def __init__(self, config: Config, inventory: Inventory, sign: Sign) -> None:
        self._config, self._inventory, self._sign = config, inventory, sign
        self._places: dict[bytes, int] = {}
        self.patches: list[Patch] = []

    def entry(self, kind: Kind, item: Observed) -> Entry:
        """
        Convert an object to an entry; for objects of others, only what a plan says about them is
        written.
        """
        stamp = item.ownership
        if stamp is None or stamp.project != self._config.project:
            owner = Ownership(stamp.project, NOWHERE) if stamp and stamp.address.name else None
            place = self._place(Patch({"status": item.fields.get("status")}, owner))
            return Entry(item.id, item.created, str(stamp.address) if stamp and owner else "", patch=place)
        declared, applied = self._config.declared.get(stamp.address), spelled(stamp.applied).strip()
        live = self._inventory.estates[kind.name].current.get(stamp.address)
        compared = declared and live and live.id == item.id
        found = _Difference(declared, stamp.applied)
        patch = found.between(kind.fields, declared.fields if declared and compared else {}, item.fields)
        patch = {} if found.told is Told.NOTHING else patch
        alike = replace(stamp, address=NOWHERE, applied={}, salt="")
        return Entry(
            item.id,
            item.created,
            str(stamp.address),
            applied,
            tuple(item.fields.get(field.name) for field in kind.fields if field.shape is Shape.REF),
            declaration_digest(self._sign, declared) if declared and compared else "",
            self._place(Patch(patch, alike, item.facts)),
            int(found.told),
            unchanged=bool(compared and live and live.matches is declared),
        )

    def _place(self, patch: Patch) -> int:
        place = self._places.setdefault(json.encode(patch, order="deterministic"), len(self.patches))
        if place == len(self.patches):
            self.patches.append(patch)
        return place


class _Difference:
    """
    Finds the JSON merge patch (RFC 7386) from a resource to its object, without hidden values.

    Its `Told` value says how much of the object the patch shows.
    """

    def __init__(self, declared: Declared | None, applied: Mapping[str, str]) -> None:
        self._sensitive = declared.sensitive if declared else frozenset()
        self._ignores = declared.lifecycle.ignores if declared else lambda _path: False
        self._applied = applied
        self.told = Told.ALL

    def between(self, fields: Sequence[Field], want: Item, have: Item, prefix: str = "") -> Tree:
        """Return the patch from the configured fields to those in Stripe."""
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
                there = w or {}
                texts = patch[name] = dict.fromkeys(there.keys() - h.keys())
                for key in h:
                    if there.get(key) != h[key]:
                        texts |= self._value(field, key, f"{prefix}{name}.{key}", there.get(key), h[key])
            else:
                patch |= self._value(field, name, prefix + name, w, h)
        return {name: value for name, value in patch.items() if value != {}}

    def _value(self, field: Field, name: str, path: str, want: Any, have: Any) -> Tree:
        """Return the patch of one value that differs from the configuration."""
        only_text = field.sensitive or field.shape is Shape.MAP  # nothing is computed from it
        if not only_text and not hidden(field, path, self._sensitive):
            return {name: have}
        left = want is None or self._ignores(path)
        same = want is not None and field.equivalent is not None and field.equivalent(want, have)
        self.told = max(self.told, Told.ENOUGH if only_text and (left or same) else Told.NOTHING)
        # that there is a value is all that a comparison asks, and of one that was never ours not even that
        return {name: MASK} if left and (want is not None or field_code(path) in self._applied) else {}


class Objects(Sequence[Observed]):
    """
    The objects of one kind in the order of a list, each built from its entry when it is requested.

    entries: the entries; an object that Stripe has shown since replaces its entry.
    """

    def __init__(
        self,
        kind: Kind,
        entries: Sequence[Entry],
        patches: Sequence[Patch],
        declared: Mapping[str, Declared],
    ) -> None:
        self.entries: list[Entry | Observed] = [*entries]
        self._kind = kind
        self._references = [field.name for field in kind.fields if field.shape is Shape.REF]
        self._patches, self._declared = patches, declared

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Observed]:
        return map(self._object, self.entries)

    def __getitem__(self, place: Any) -> Any:
        return self._object(self.entries[place])

    def _object(self, entry: Entry | Observed) -> Observed:
        if isinstance(entry, Observed):
            return entry
        patch, declared = self._patches[entry.patch], self._declared.get(entry.address)
        fields = dict(declared.fields) if declared and entry.declared else {}
        _merge(fields, patch.fields)
        fields |= {name: i for name, i in zip(self._references, entry.references, strict=False) if i}
        address = declared.address if declared else Address(*entry.address.partition(".")[::2])
        stamp = patch.ownership and replace(patch.ownership, address=address, applied=Record(entry.applied))
        found = Observed(entry.id, entry.created, fields, stamp, patch.facts)
        if entry.unchanged and declared and stamp:
            found = replace(found, unchanged=as_recorded(self._kind, declared, found, stamp))
        return found


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
