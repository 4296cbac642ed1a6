"""Which of several blocks gets which of several objects: no object goes to two, and nothing is guessed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from provisioner.core.model.resource import Declared

Fits = tuple[tuple[str, int], ...]  # ids with their distances, in the order in which they are shared out


class Pairs(Struct, frozen=True):
    """Which object each block gets; for the others what fits and is left, or all that fits where none is."""

    found: Mapping[int, str]
    unclear: Mapping[int, tuple[str, ...]]


class _Choice(Struct, frozen=True):
    """The closest objects for blocks that are alike: as many as these, or more where several are as close."""

    at: Mapping[str, int]
    clear: bool
    forced: bool

    def beats(self, other: "_Choice") -> bool:
        """Whether what both would take goes to this one: it has no other way, or is closer to all of it."""
        both = self.at.keys() & other.at.keys()
        if not both or not other.clear:
            return True
        if self.forced != other.forced:
            return self.forced
        return all(self.at[identity] < other.at[identity] for identity in both)


def pair(wants: Sequence[Mapping[str, int]]) -> Pairs:
    """
    Give every block an object that fits, the closest where there is a choice.

    `wants` are the objects that fit each block, with their distances from it. Blocks that the same objects
    fit alike share them out in the order of both. Where as many are as close as would do for more blocks,
    or two want the same one as much, it stays unclear.
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
    """The choices that nobody else can contest."""
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


def is_named(declared: Declared, have: Mapping[str, Any]) -> bool:
    """Whether an object has the declared name, and e-mail where one is declared; never without names."""
    names = [name for name in ("name", "email") if name in declared.fields]
    return "name" in names and all(declared.fields[name] == have.get(name) for name in names)
