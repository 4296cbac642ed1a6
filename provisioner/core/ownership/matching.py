"""Matches blocks with objects: no object is assigned to two blocks, and nothing is guessed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from provisioner.core.model.resource import Declared
from provisioner.core.schema.kind import Kind

Fits = tuple[tuple[str, int], ...]  # ids with their distances, in the order in which they are assigned


class Pairs(Struct, frozen=True):
    """The result of matching blocks of the configuration with objects."""

    found: Mapping[int, str]
    """The object of each matched block."""
    unclear: Mapping[int, tuple[str, ...]]
    """For every other block, the matching objects that are left, or all matching ones if none is left."""


class _Choice(Struct, frozen=True):
    """The closest objects for equivalent blocks: one for each block, or more if several are equally close."""

    at: Mapping[str, int]
    """The distance of each object from the blocks, by its id."""
    clear: bool
    """True if there are as many objects as blocks."""
    forced: bool
    """True if no other objects are left to choose from."""

    def beats(self, other: "_Choice") -> bool:
        """
        Return whether this choice wins a conflict: it has no alternative, or is closer to all objects in
        conflict.
        """
        both = self.at.keys() & other.at.keys()
        if not both or not other.clear:
            return True
        if self.forced != other.forced:
            return self.forced
        return all(self.at[identity] < other.at[identity] for identity in both)


def pair(wants: Sequence[Mapping[str, int]]) -> Pairs:
    """
    Assign to every block a matching object, the closest if there is a choice.

    `wants` lists for each block the matching objects with their distances. Blocks that match the same objects
    at the same distances get them in order, the first block the first object. A match stays unclear if more
    objects are equally close than there are blocks, or if two blocks are equally close to the same object.
    """
    alike: dict[Fits, list[int]] = defaultdict(list)
    for block, wanted in enumerate(wants):
        alike[tuple(wanted.items())].append(block)
    found: dict[int, str] = {}
    taken: set[str] = set()
    while settled := _settled(alike, taken):
        for fits, choice in settled.items():
            found |= zip(alike.pop(fits), choice.at, strict=True)
            taken |= choice.at.keys()
    unclear = {
        block: tuple(_choice(fits, len(blocks), taken).at) or tuple(identity for identity, _ in fits)
        for fits, blocks in alike.items()
        for block in blocks
    }
    return Pairs(found, unclear)


def _settled(alike: Mapping[Fits, Sequence[int]], taken: set[str]) -> dict[Fits, _Choice]:
    """Return the choices that no other choice conflicts with."""
    choices = {fits: _choice(fits, len(blocks), taken) for fits, blocks in alike.items()}
    rivals: dict[str, list[_Choice]] = defaultdict(list)
    for choice in choices.values():
        for identity in choice.at:
            rivals[identity].append(choice)
    return {
        fits: choice
        for fits, choice in choices.items()
        if choice.clear
        and all(
            rival is choice or choice.beats(rival) for identity in choice.at for rival in rivals[identity]
        )
    }


def _choice(fits: Fits, count: int, taken: set[str]) -> _Choice:
    left = [(identity, distance) for identity, distance in fits if identity not in taken]
    distances = sorted(distance for _, distance in left)
    farthest = distances[:count][-1] if distances else 0
    closest = {identity: distance for identity, distance in left if distance <= farthest}
    return _Choice(closest, clear=len(closest) == count, forced=len(left) == count)


def is_named(kind: Kind, declared: Declared, have: Mapping[str, Any]) -> bool:
    """
    Return whether an object has the identifying values of a resource, such as its name and its email if it
    has one.
    """
    names = [name for name in kind.named_by if name in declared.fields]
    return kind.named_by[0] in names and all(declared.fields[name] == have.get(name) for name in names)
