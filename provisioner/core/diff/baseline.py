"""
The record of the values last applied to an object, which shows the side that has changed a value since.

The record on each object holds a digest of every value last applied. A value that differs was changed in
Stripe if the configuration still has the applied value, in the configuration if Stripe still has it, and on
both sides otherwise.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from provisioner.core.diff.change import Edit, Moved
from provisioner.core.model.resource import Declared, Live, Ref
from provisioner.core.ownership.inventory import Inventory
from provisioner.core.ownership.marks import applied, field_code, spelled, value_digest
from provisioner.core.ownership.next_marks import waits_for_activation
from provisioner.core.schema.field import Direction, Field, OnChange, Shape
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import at, leaves, part

Outline = tuple[Any, ...]
MOST = 4096  # the number of cached digests: enough for values that profiles give to many objects


class Records:
    """The records on the objects of one kind; their common parts are computed only once."""

    def __init__(self, kind: Kind, project: str) -> None:
        self.kind = kind
        self._project = project
        self._expected: dict[Outline, _Expected] = {}
        self._entries: dict[tuple[str, str], str] = {}

    def to_mark(self, declared: Declared, live: Live) -> tuple[Edit, ...]:
        """
        Return the edits that bring the record on an object up to date, if it needs no other edit.

        `managed` adds values to the record that already matched when they were first declared. Without it,
        they would not be reset once they are removed from the configuration, and nobody would notice when
        they are changed outside of provisioner. `recorded` updates the record of values that were changed
        both in Stripe and in the YAML without an apply. With the old record, changing such a value back in
        Stripe would look like a change of the YAML, not like drift.
        """
        outline = _outline(declared.fields)
        expected = self._expected.get(outline)
        if expected is None:
            expected = self._expected[outline] = _expect(self.kind, declared.fields)
        record = spelled(live.stamp.applied)
        managed: list[str] = []
        recorded: list[str] = []
        if not _all_in(expected.codes, record):
            managed = _unrecorded(self.kind, declared, live)
        if not _all_in(self._said(expected.watched, declared.fields), record):
            recorded = _outdated(self.kind, declared, live)
        if live.stamp.to_activate and not waits_for_activation(declared, live):
            # with that word, a later freeze in Stripe would look like an activation that is still to be made
            recorded = sorted({*recorded, "status"})
        if not managed and not recorded:
            return ()
        found = (("managed", managed), ("recorded", recorded))
        return tuple(Edit(name, None, paths) for name, paths in found if paths)

    def _said(self, watched: Sequence["_Watched"], fields: Mapping[str, Any]) -> list[str]:
        """Return the entries of a record for the watched values if these match the configuration."""
        said = []
        for each in watched:
            value: Any = fields
            for name in each.names:
                value = value[name]
            spelt = value if type(value) is str else repr(value)
            entry = self._entries.get((each.path, spelt))
            if entry is None:
                entry = f" {each.code}{value_digest(self._project, each.path, each.field, value)} "
                if len(self._entries) < MOST:
                    self._entries[each.path, spelt] = entry
            said.append(entry)
        return said


class _Watched(NamedTuple):
    """A value that is compared with its record: its path, the code of the path, and the names along it."""

    path: str
    """The dotted path."""
    code: str
    """The code of the path in records."""
    names: tuple[str, ...]
    """The names that lead to the value."""
    field: Field
    """The field of the value."""


class _Expected(NamedTuple):
    """Expected content of the records of objects with the same outline: all codes, and watched values."""

    codes: tuple[str, ...]
    """The codes of all values."""
    watched: tuple[_Watched, ...]
    """The values that are compared with their record."""


def _expect(kind: Kind, tree: Mapping[str, Any]) -> _Expected:
    codes, watched = [], []
    for path, field, _ in leaves(kind.fields, tree):
        codes.append(f" {field_code(path)}")
        if _is_watched(kind, path, field):
            # a key of metadata may contain dots
            names = path.split(".", 1) if field.shape is Shape.MAP else path.split(".")
            watched.append(_Watched(path, field_code(path), tuple(names), field))
    return _Expected(tuple(codes), tuple(watched))


def _all_in(words: Iterable[str], text: str) -> bool:
    for word in words:  # noqa: SIM110 - a generator would cost more than the search
        if word not in text:
            return False
    return True


def _is_watched(kind: Kind, path: str, field: Field) -> bool:
    """
    Return True if a value can change on both sides without an apply, so that its digest must be checked.

    A value that Stripe cannot change stays the same. A personal value does not affect spending, and its
    digest of six bits is not worth computing for every person in every plan.
    """
    top = kind.field(path.partition(".")[0])
    return top.on_change is not OnChange.REPLACE and not field.sensitive and not field.write_only


def digests(kind: Kind, declared: Declared, live: Live) -> tuple[dict[str, str], dict[str, str]]:
    """
    Return the digests of both sides (Stripe, configuration) for all recorded values; some cover a whole hash.

    Parts that others have added, or that are left to others, do not count as changes of the other parts.
    """
    ignores, was = declared.lifecycle.ignores, live.stamp.applied
    ours = part(kind.fields, live.fields, lambda path: field_code(path) in was and not ignores(path))
    asked = part(kind.fields, declared.fields, lambda path: not ignores(path))
    return applied(live.stamp.project, kind.fields, ours), applied(live.stamp.project, kind.fields, asked)


def _outdated(kind: Kind, declared: Declared, live: Live) -> list[str]:
    """
    Return the paths of values whose record matches neither side.

    A record of the live value is valid, too: Stripe writes some values differently.
    """
    lives, wants = digests(kind, declared, live)
    there = {path: value for path, _, value in leaves(kind.fields, live.fields)}
    return [
        path
        for path, field, _ in leaves(kind.fields, declared.fields)
        if _is_watched(kind, path, field)
        and not declared.lifecycle.ignores(path)
        and there.get(path) not in field.stripe_only_values
        and live.stamp.applied.get(name := field_code(path)) not in (None, lives.get(name), wants.get(name))
    ]


def _unrecorded(kind: Kind, declared: Declared, live: Live) -> list[str]:
    there = {path: value for path, _, value in leaves(kind.fields, live.fields)}
    return [
        path
        for path, field, _ in leaves(kind.fields, declared.fields)
        if field_code(path) not in live.stamp.applied
        and not declared.lifecycle.ignores(path)
        and there.get(path) not in (None, *field.stripe_only_values)
    ]


def _outline(tree: Mapping[str, Any]) -> Outline:
    """Return the names in a normal form without the values; thousands of objects share a few outlines."""
    return tuple([(name, _outline(value)) if type(value) is dict else name for name, value in tree.items()])


def attributed(
    kind: Kind, declared: Declared, live: Live, edits: Sequence[Edit], inventory: Inventory
) -> Iterator[Edit]:
    """Yield the edits of an object, each with the side on which the value has changed."""
    if not edits:
        return
    lives, wants = digests(kind, declared, live)
    is_frozen = _is_frozen(kind, live, inventory)
    for edit in edits:
        path = edit.path.partition("[")[0]
        field, code = kind.field_at(path), field_code(path)
        was = live.stamp.applied.get(code)
        if not live.stamp.applied:
            moved = Moved.UNKNOWN
        elif field is None or field.write_only or _is_ours(declared, live, field, inventory):
            moved = Moved.YAML
        elif path == "status" and waits_for_activation(declared, live):
            moved = Moved.LIVE if is_frozen else Moved.YAML
        elif was is None:
            # never applied: if it is configured now, only a restriction counts as set in Stripe since
            is_default = at(live.fields, path) in (None, field.default, *field.server_defaults)
            is_restricted = edit.direction is Direction.BROADENING and not is_default
            moved = Moved.LIVE if code not in wants else Moved.BOTH if is_restricted else Moved.YAML
        else:
            # if Stripe has no value, the default may be what was applied
            unset = value_digest(live.stamp.project, path, field, field.default)
            had = lives.get(code, None if field.default is None else unset)
            # the short digests of personal values can all be equal; then the YAML has most likely changed
            moved = Moved.YAML if had == was else Moved.LIVE if wants.get(code) == was else Moved.BOTH
        yield replace(edit, moved=moved)


def _is_frozen(kind: Kind, live: Live, inventory: Inventory) -> bool:
    """Return True if somebody deactivated the predecessor of an object in the middle of its replacement."""
    left = inventory.estates[kind.name].leftovers
    before = next((each for each in left if each.id == live.stamp.predecessor), None)
    if before is None or before.status == "active":
        return False
    active = value_digest(before.stamp.project, "status", kind.field("status"), "active")
    return before.stamp.applied.get(field_code("status")) == active


def _is_ours(declared: Declared, live: Live, field: Field, inventory: Inventory) -> bool:
    """
    Return True if a reference differs because provisioner replaced or renamed the object that it refers to.

    Nobody can change a reference that Stripe cannot change in place: if it refers to an object that is or was
    ours, it still refers to the one that it was created with.
    """
    if field.shape is not Shape.REF:
        return False
    wanted, had = declared.fields.get(field.name), live.fields.get(field.name)
    return wanted == had or (
        field.on_change is OnChange.REPLACE and (isinstance(had, Ref) or had in inventory.ever)
    )
