"""Groups changes that do the same to different objects: `312 cards: ...`."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from hashlib import sha256
from typing import Any

from provisioner.core.plan.document import ChangeDocument
from provisioner.views.plan.rows import HOLDER, ValueRow, rows

Key = tuple[Any, ...] | bytes


class Group:
    """One or more changes that are shown as one: of the same kind and action, and for the same reason."""

    def __init__(self, changes: tuple[ChangeDocument, ...]) -> None:
        self.changes = changes

    @property
    def first(self) -> ChangeDocument:
        """The change whose reason is shown for the whole group."""
        return self.changes[0]

    @cached_property
    def entries(self) -> list[tuple[str, dict[ValueRow, list[str]]]]:
        """The distinct rows at each path, with the addresses that have them; edits come first."""
        found: dict[str, dict[ValueRow, list[str]]] = {}
        for change in self.changes:
            for row in rows(change):
                found.setdefault(row.path, {}).setdefault(row, []).append(change.address)
        return sorted(found.items(), key=lambda entry: not any(row.sign for row in entry[1]))

    @property
    def common(self) -> list[ValueRow]:
        """The rows that all changes have."""
        number = len(self.changes)
        return [
            row for _, same in self.entries for row, addresses in same.items() if len(addresses) == number
        ]


def alike(change: ChangeDocument) -> Key:
    """
    Return a key that is equal for changes that look the same to a reviewer, apart from a card's
    cardholder.
    """
    # values rather than rows, because they are cheaper to compare than to format; hashed, because a key of
    # each change is kept
    edits = [
        (e.path, e.before, e.after, e.currency, e.currency_before, e.row, e.moved)
        for e in change.edits
        if e.path != HOLDER
    ]
    values = [(v.path, v.before, v.after, v.currency) for v in change.values if v.path != HOLDER]
    said = (_head(change), change.amount, change.along, edits, values)
    return sha256(repr(said).encode()).digest()


def akin(change: ChangeDocument) -> Key:
    """Return a key that is equal for changes to the same fields, whatever their values."""
    # the number of rows of a table differs between objects, so only the table's name counts
    return (*_head(change), frozenset((edit.path.partition("[")[0], edit.moved) for edit in change.edits))


def _head(change: ChangeDocument) -> tuple[Any, ...]:
    about = change.kind, change.action, change.bookkeeping, bool(change.final)
    return (*about, change.reason, change.consequences)


def group(
    changes: Iterable[ChangeDocument], key: Callable[[ChangeDocument], Key], least: int
) -> Iterator[Group]:
    """
    Group changes with the same key if there are at least `least` of them.

    Groups are in the order of their first changes.
    """
    found: dict[Key, list[tuple[int, ChangeDocument]]] = {}
    for place, change in enumerate(changes):
        found.setdefault(key(change), []).append((place, change))
    parts: list[list[tuple[int, ChangeDocument]]] = []
    for together in found.values():
        parts += [together] if len(together) >= least else [[one] for one in together]
    for part in sorted(parts, key=lambda part: part[0][0]):
        yield Group(tuple(change for _, change in part))
