"""Selects changes by `--target` and `--exclude`, together with the changes that they depend on."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from msgspec import Struct

from provisioner.core.diff.change import Action, Change, Note
from provisioner.core.model.errors import ProvisionerError
from provisioner.core.model.resource import Address, references
from provisioner.core.model.words import count


class Selection(Struct, frozen=True):
    """The selected part of a plan, as globs of addresses (`cards.ads*`)."""

    targets: tuple[str, ...] = ()
    """Addresses to include; empty for all."""
    excludes: tuple[str, ...] = ()
    """Addresses to exclude."""


EVERYTHING = Selection()


def select(
    changes: Sequence[Change], selection: Selection, known: Collection[Address] = ()
) -> tuple[list[Change], list[Note]]:
    """
    Return the selected changes with those that they depend on, and notes about these.

    Changes that depend on an excluded change are excluded, too. Raises ProvisionerError if the selection
    matches none of the `known` addresses.
    """
    if selection == EVERYTHING:
        return list(changes), []
    _must_name_something(selection, {*known, *(change.address for change in changes)})
    by_address = {change.address: change for change in changes}
    asked = {a for a in by_address if not selection.targets or _matches(a, selection.targets)}
    asked -= {a for a in by_address if _matches(a, selection.excludes)}
    needed = _closure(asked, by_address)
    barred = {a for a in needed if _matches(a, selection.excludes)}
    dropped = {a for a in asked if _closure({a}, by_address) & barred}
    chosen = _closure(asked - dropped, by_address)
    notes = [
        Note(str(a), "included, because a selected change depends on it") for a in sorted(chosen - asked)
    ]
    notes += [Note(str(a), "left out, because it depends on an excluded change") for a in sorted(dropped)]
    if left := len(by_address) - len(chosen):
        others = count(left, "other change")
        notes.append(Note("", f"partial plan (--target/--exclude): {others} not included"))
    return [change for change in changes if change.address in chosen], notes


def _must_name_something(selection: Selection, known: Collection[Address]) -> None:
    """Raise ProvisionerError for a glob that matches nothing: a typo must not look like an empty plan."""
    names = [str(address) for address in known]
    # a bare name suggests its address: 'aws' is probably 'cards.aws'
    meant = {address.name: str(address) for address in known} | {name: name for name in names}
    for glob in (*selection.targets, *selection.excludes):
        if not any(fnmatchcase(name, glob) for name in names):
            close = get_close_matches(glob, meant, 1)
            hint = f"; did you mean {meant[close[0]]!r}?" if close else ""
            raise ProvisionerError(f"no resource matches {glob!r}{hint}")


def _matches(address: Address, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(str(address), glob) for glob in globs)


def _closure(start: Iterable[Address], by_address: dict[Address, Change]) -> set[Address]:
    """
    Return everything that must be done together: new objects referred to, and what follows a
    replacement.
    """
    followers: dict[Address, list[Address]] = {}
    for address in by_address:
        for other in _new(by_address, address):
            if by_address[other].action is Action.REPLACE:
                followers.setdefault(other, []).append(address)
    reached: set[Address] = set()
    frontier = list(start)
    while frontier:
        address = frontier.pop()
        if address not in reached:
            reached.add(address)
            frontier += [*_new(by_address, address), *followers.get(address, ())]
    return reached


def _new(by_address: dict[Address, Change], address: Address) -> Iterator[Address]:
    declared = by_address[address].declared
    for other in references(declared.fields) if declared else ():
        if other in by_address and by_address[other].action in (Action.CREATE, Action.REPLACE):
            yield other
