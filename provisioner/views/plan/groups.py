"""Changes that do the same to different objects, put together in groups: `312 cards: ...`."""

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

from msgspec import Struct

from provisioner.core.plan.document import ChangeDocument, EditDocument

OWN = frozenset({"cardholder"})  # differs from card to card; changes that differ only here are shown as one


class Group(Struct, frozen=True):
    """One or more changes that are shown as one: the same kind, action, reason and fields."""

    changes: tuple[ChangeDocument, ...]

    @property
    def first(self) -> ChangeDocument:
        """The change whose reason and fields are shown for the whole group."""
        return self.changes[0]

    def differing(self) -> dict[str, int]:
        """Return the paths of edits whose values differ in the group, with the number of values."""
        values: dict[str, set[str]] = {}
        for change in self.changes:
            for edit in change.edits:
                values.setdefault(edit.path, set()).add(_values(edit))
        return {path: len(found) for path, found in values.items() if len(found) > 1}


def alike(change: ChangeDocument) -> tuple[Any, ...]:
    """Return a key that is equal for changes that set the same values for the same reason."""
    return (
        *_head(change),
        change.reason,
        tuple((edit.path, None if edit.path in OWN else _values(edit)) for edit in change.edits),
    )


def akin(change: ChangeDocument) -> tuple[Any, ...]:
    """Return a key that is equal for changes to the same fields, whatever their values."""
    # the number of rows in a table differs from object to object, so only the table's name counts
    return (*_head(change), frozenset((edit.path.partition("[")[0], edit.moved) for edit in change.edits))


def _values(edit: EditDocument) -> str:
    """Return all that a reader sees of an edit: values, currencies, and who changed it."""
    return repr([edit.before, edit.after, edit.currency, edit.currency_before, edit.moved])


def _head(change: ChangeDocument) -> tuple[Any, ...]:
    return change.kind, change.action, change.bookkeeping, bool(change.final)


def group(
    changes: Iterable[ChangeDocument], key: Callable[[ChangeDocument], tuple[Any, ...]], least: int
) -> list[Group]:
    """
    Put changes with the same key into one group where there are at least `least` of them.

    Groups are in the order of their first changes.
    """
    found: dict[tuple[Any, ...], list[tuple[int, ChangeDocument]]] = {}
    for place, change in enumerate(changes):
        found.setdefault(key(change), []).append((place, change))
    groups: list[tuple[int, Group]] = []
    for together in found.values():
        parts = [together] if len(together) >= least else [[one] for one in together]
        groups += [(part[0][0], Group(tuple(change for _, change in part))) for part in parts]
    return [one for _, one in sorted(groups, key=itemgetter(0))]
