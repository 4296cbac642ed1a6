"""Changes that say the same, put together: `312 cards: ... $500.00 -> $750.00 a day`."""

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

from msgspec import Struct

from provisioner.core.plan.document import ChangeDocument, EditDocument

OWN = frozenset({"cardholder"})  # every card has its own; two cards are alike without it


class Group(Struct, frozen=True):
    """Changes that are told as one: of one kind, for one reason, with the same edits."""

    changes: tuple[ChangeDocument, ...]

    @property
    def first(self) -> ChangeDocument:
        """The change that stands for all of them."""
        return self.changes[0]

    def differing(self) -> dict[str, int]:
        """How many values there are, by path, where they are not all the same."""
        values: dict[str, set[str]] = {}
        for change in self.changes:
            for edit in change.edits:
                values.setdefault(edit.path, set()).add(_values(edit))
        return {path: len(found) for path, found in values.items() if len(found) > 1}


def alike(change: ChangeDocument) -> tuple[Any, ...]:
    """What two changes have in common that do the same to different objects."""
    return (
        *_head(change),
        change.reason,
        tuple((edit.path, None if edit.path in OWN else _values(edit)) for edit in change.edits),
    )


def akin(change: ChangeDocument) -> tuple[Any, ...]:
    """What two changes have in common that touch the same fields, to whatever values."""
    # a table's rows differ in number from object to object; what matters is the table
    return (*_head(change), frozenset(edit.path.partition("[")[0] for edit in change.edits))


def _values(edit: EditDocument) -> str:
    """What is shown of both sides: the same numbers are other amounts in another currency."""
    return repr([edit.before, edit.after, edit.currency, edit.currency_before])


def _head(change: ChangeDocument) -> tuple[Any, ...]:
    return change.kind, change.action, change.bookkeeping, bool(change.final)


def group(
    changes: Iterable[ChangeDocument], key: Callable[[ChangeDocument], tuple[Any, ...]], least: int
) -> list[Group]:
    """Put changes with one key together where there are at least `least`; in the order of the first."""
    found: dict[tuple[Any, ...], list[tuple[int, ChangeDocument]]] = {}
    for place, change in enumerate(changes):
        found.setdefault(key(change), []).append((place, change))
    groups: list[tuple[int, Group]] = []
    for together in found.values():
        parts = [together] if len(together) >= least else [[one] for one in together]
        groups += [(part[0][0], Group(tuple(change for _, change in part))) for part in parts]
    return [one for _, one in sorted(groups, key=itemgetter(0))]
