"""The record of what was applied, held against an object that is as declared: is it of these values?"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from provisioner.core.change import Edit
from provisioner.core.kind import Field, Kind, OnChange, Shape
from provisioner.core.model import Declared, Live
from provisioner.core.normal import leaves, part
from provisioner.core.ownership import CODE, applied, code, digest, entries

Outline = tuple[Any, ...]
MOST = 4096  # digests that are kept: enough for what profiles give to many objects


class Records:
    """The records on the objects of one kind; what they have in common is worked out once."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._watched: dict[Outline, tuple[_Watched, ...]] = {}
        self._digests: dict[tuple[str, str, str], str] = {}

    def to_mark(self, declared: Declared, live: Live) -> tuple[Edit, ...]:
        """
        The edits that bring the record on an object up to date which needs no other edit.

        `managed` takes values under management that were live as declared before anybody declared them. Not
        in the record, they would not be reset when they are declared no more, and nobody would be told when
        they move in Stripe. `recorded` is of values that have moved in Stripe and in the YAML without an
        apply: a record of what both have left would make their way back in Stripe the YAML's move, and no
        drift.
        """
        outline = _outline(declared.fields)
        there = entries(live.stamp.applied)
        managed: list[str] = []
        recorded: list[str] = []
        if not _codes(outline).issubset({entry[:CODE] for entry in there}):
            managed = _unrecorded(self.kind, declared, live)
        if not self._is_current(outline, declared, live, there):
            recorded = _outdated(self.kind, declared, live)
        if not managed and not recorded:
            return ()
        found = (("managed", managed), ("recorded", recorded))
        return tuple(Edit(name, None, paths) for name, paths in found if paths)

    def _is_current(self, outline: Outline, declared: Declared, live: Live, there: frozenset[str]) -> bool:
        """Whether all that is watched is on the record as declared: so it is of nearly every object."""
        watched = self._watched.get(outline)
        if watched is None:
            watched = self._watched[outline] = tuple(_watch(self.kind, declared.fields))
        project, fields = live.stamp.project, declared.fields
        for each in watched:
            value: Any = fields
            for name in each.names:
                value = value[name]
            if each.code + self._digest(project, each, value) not in there:
                return False
        return True

    def _digest(self, project: str, watched: "_Watched", value: Any) -> str:
        key = (project, watched.path, repr(value))
        short = self._digests.get(key)
        if short is None:
            short = digest(project, watched.path, watched.field, value)
            if len(self._digests) < MOST:
                self._digests[key] = short
        return short


class _Watched(NamedTuple):
    """A value whose record is held against it: its path, the code of that, and the names that lead to it."""

    path: str
    code: str
    names: tuple[str, ...]
    field: Field


def _watch(kind: Kind, tree: Mapping[str, Any]) -> Iterator[_Watched]:
    for path, field, _ in leaves(kind.fields, tree):
        if _is_watched(kind, path, field):
            # a key of metadata may have dots of its own
            names = path.split(".", 1) if field.shape is Shape.MAP else path.split(".")
            yield _Watched(path, code(path), tuple(names), field)


def _is_watched(kind: Kind, path: str, field: Field) -> bool:
    """
    Whether a value can have moved on both sides without us, and its digest says so.

    What Stripe cannot change moves on neither. A personal value gives no power, and its digest of six bits
    is not worth the time that it takes to make one for every person in every plan.
    """
    top = kind.field(path.partition(".")[0])
    return top.on_change is not OnChange.REPLACE and not field.sensitive and not field.write_only


def digests(kind: Kind, declared: Declared, live: Live) -> tuple[dict[str, str], dict[str, str]]:
    """
    The digests of both sides (live, declared), of what the record is about: some stand for all of a hash.

    A part that others have added, or that is left to them, is no move of those beside it.
    """
    ignores, was = declared.lifecycle.ignores, live.stamp.applied
    ours = part(kind.fields, live.fields, lambda path: code(path) in was and not ignores(path))
    asked = part(kind.fields, declared.fields, lambda path: not ignores(path))
    return applied(live.stamp.project, kind.fields, ours), applied(live.stamp.project, kind.fields, asked)


def _outdated(kind: Kind, declared: Declared, live: Live) -> list[str]:
    """
    The paths of values whose record is of neither side.

    That of the live one is as good: Stripe has its own way to write some values, the YAML has several.
    """
    lives, wants = digests(kind, declared, live)
    there = {path: value for path, _, value in leaves(kind.fields, live.fields)}
    return [
        path
        for path, field, _ in leaves(kind.fields, declared.fields)
        if _is_watched(kind, path, field)
        and not declared.lifecycle.ignores(path)
        and there.get(path) not in field.closed
        and live.stamp.applied.get(name := code(path)) not in (None, lives.get(name), wants.get(name))
    ]


def _unrecorded(kind: Kind, declared: Declared, live: Live) -> list[str]:
    there = {path: value for path, _, value in leaves(kind.fields, live.fields)}
    return [
        path
        for path, field, _ in leaves(kind.fields, declared.fields)
        if code(path) not in live.stamp.applied
        and not declared.lifecycle.ignores(path)
        and there.get(path) not in (None, *field.closed)
    ]


def _outline(tree: Mapping[str, Any]) -> Outline:
    """The names in a normal form without the values: of thousands of objects there are but few."""
    return tuple([(name, _outline(value)) if type(value) is dict else name for name, value in tree.items()])


@lru_cache(maxsize=1024)
def _codes(outline: Outline, prefix: str = "") -> frozenset[str]:
    """The codes of all values of a normal form, by its outline."""
    found: set[str] = set()
    for each in outline:
        if isinstance(each, tuple):
            found |= _codes(each[1], f"{prefix}{each[0]}.")
        else:
            found.add(code(prefix + each))
    return frozenset(found)
