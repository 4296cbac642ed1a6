"""Resolves `use`: merges the profiles of a resource, which may use other profiles."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from provisioner.config.build.merge import lay_over
from provisioner.config.build.sections import Block, Piece, locate
from provisioner.config.text.near import near
from provisioner.config.text.scalar import shown
from provisioner.core.model.errors import Problem

MOST = 50  # the most nested profiles; each may have two pieces, the second from the environment
PIECES = 2


class Laid(Struct, frozen=True):
    """The merged profiles of a resource."""

    value: Mapping[str, Any] = field(default_factory=dict)
    """The merged value."""
    pieces: tuple[Piece, ...] = ()
    """The parts that were merged; later ones override earlier ones."""
    sound: bool = True
    """False if a profile has a problem, which has already been reported."""


NOTHING = Laid()


class Profiles(Struct):
    """The profiles of a configuration."""

    blocks: Mapping[str, Block]
    """The profiles, by name."""
    problems: list[Problem]
    """Problems that were found are added here."""
    unsound: set[str] = field(default_factory=set)
    """The names of profiles whose own fields do not fit the schema."""
    _laid: dict[str, Laid] = field(default_factory=dict)
    _stacked: dict[tuple[str, ...], Laid] = field(default_factory=dict)

    def under(self, block: Block) -> Laid:
        """Return the merged profiles that `block` uses."""
        names = used(block)
        if not names:
            return NOTHING
        known = self._stacked.get(names)
        if known is None:
            known = self._stack(block, names, ())
            if known.sound:
                self._stacked[names] = known
        return known

    def _stack(self, block: Block, names: tuple[str, ...], chain: tuple[str, ...]) -> Laid:
        value: Any = {}
        pieces: dict[Path, Piece] = {}
        sound = True
        for at, name in enumerate(names):
            laid = self._one(block, name, at, chain)
            value = lay_over(value, laid.value)
            for piece in laid.pieces:
                pieces.pop((piece.document.file, piece.path), None)
                pieces[piece.document.file, piece.path] = piece
            sound = sound and laid.sound
        return Laid(value, tuple(pieces.values()), sound)

    def _one(self, user: Block, name: str, at: int, chain: tuple[str, ...]) -> Laid:
        if name in chain:
            circle = " -> ".join(map(shown, (*chain[chain.index(name) :], name)))
            return self._wrong(user, at, f"profiles use each other in a cycle: {circle}")
        if len(chain) >= MOST:
            return self._wrong(user, at, f"more than {MOST} profiles are nested in each other")
        if name not in self.blocks:
            return self._wrong(user, at, f"unknown profile {shown(name)}{near(name, self.blocks)}")
        if name not in self._laid:
            block = self.blocks[name]
            below = self._stack(block, used(block), (*chain, name))
            own = block.value if isinstance(block.value, dict) else {}
            value = lay_over(below.value, {key: item for key, item in own.items() if key != "use"})
            pieces = below.pieces + block.pieces
            if len(pieces) > PIECES * MOST:
                return self._wrong(user, at, f"more than {MOST} profiles are nested in each other")
            self._laid[name] = Laid(value, pieces, below.sound and name not in self.unsound)
        return self._laid[name]

    def _wrong(self, user: Block, at: int, text: str) -> Laid:
        place = locate(user.pieces, ("use", at))
        self.problems.append(Problem(place.where, user.address, text))
        return Laid(sound=False)


Path = tuple[Any, Any]


def used(block: Block) -> tuple[str, ...]:
    """Return the names of the profiles that a block uses; invalid values are reported by the schema."""
    if not isinstance(block.value, dict) or "use" not in block.value:
        return ()
    use = block.value["use"]
    names: Sequence[Any] = use if isinstance(use, list) else [use]
    return tuple(name for name in names if isinstance(name, str))


def users(profiles: Mapping[str, Block], blocks: Sequence[Block]) -> dict[str, str]:
    """Return, for each profile in use, the section of a resource that uses it, directly or indirectly."""
    sections: dict[str, str] = {}
    for block in blocks:
        waiting = list(used(block))
        while waiting:
            name = waiting.pop()
            if name in profiles and name not in sections:
                sections[name] = block.section
                waiting += used(profiles[name])
    return sections
