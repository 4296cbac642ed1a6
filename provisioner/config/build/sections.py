"""Merges documents into blocks: the value of each name from all files, with the places of its parts."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from msgspec import Struct, field

from provisioner.config.build.merge import lay_over
from provisioner.config.text.document import Document
from provisioner.config.text.near import near
from provisioner.core.model.errors import Problem, Where

Path = tuple[Any, ...]
PROFILES = "profiles"
SETTINGS = ""  # the section of top-level settings: version, project, mode, account
SHARED = frozenset({SETTINGS, "guardrails", "vars"})  # settings that may be repeated with the same value


class Piece(NamedTuple):
    """The part of a block that one document contributes."""

    document: Document
    """The document."""
    path: Path
    """The keys that lead to the part in the document."""

    def where(self) -> Where:
        """Return the place of the block's key."""
        if len(self.path) == 1:
            return self.document.where(self.path, key=True)
        return self.document.block_where(*self.path)


class Block(Struct, frozen=True):
    """The value of one name, and its pieces (the environment's last)."""

    section: str
    """The section."""
    name: str
    """The name."""
    pieces: tuple[Piece, ...]
    """The places in files from which it is merged."""
    value: Any
    """The merged value."""

    @property
    def address(self) -> str:
        """The section and name, in the form used in messages."""
        return f"{self.section}.{self.name}" if self.section else self.name

    def where(self) -> Where:
        """Return the place where the block starts."""
        return self.pieces[0].where()


class BlockPlace(NamedTuple):
    """The place of a value."""

    where: Where
    """File, line and column."""
    address: str
    """The address that it belongs to."""
    raw: str | None
    """An unquoted scalar as written; None for any other value."""


def locate(pieces: Sequence[Piece], path: Path, *, key: bool = False) -> BlockPlace:
    """
    Return the place of the value at `path` in the last piece that contains it, or of the closest enclosing
    value.
    """
    for length in range(len(path), 0, -1):
        for piece in reversed(pieces):
            whole = (*piece.path, *path[:length])
            for candidate in (whole, (*whole[:-1], "<<")):
                position = piece.document.position(candidate)
                if position:
                    at_key = key and length == len(path)
                    where = piece.document.where(candidate, key=at_key)
                    return BlockPlace(where, ".".join(map(str, piece.path)), position.raw)
    return BlockPlace(pieces[-1].where(), ".".join(map(str, pieces[-1].path)), None)


class Blocks(Struct):
    """All blocks by section and name."""

    sections: dict[str, dict[str, Block]] = field(default_factory=dict)
    """The blocks by name, for each section."""

    def section(self, name: str) -> dict[str, Block]:
        """Return the blocks of a section by name."""
        return self.sections.setdefault(name, {})

    def settings(self, name: str) -> Block | None:
        """Return a top-level setting, or None if it is not set."""
        return self.section(SETTINGS).get(name)


def gather(
    documents: Sequence[Document],
    overlays: Sequence[Document],
    named: frozenset[str],
    problems: list[Problem],
) -> Blocks:
    """
    Merge the sections of all documents, and then the `overlays` (the environment) over them.

    `named` has the top-level keys that contain blocks by name. If two files have the same address, a problem
    with both places is added. A null in an overlay removes a block, which must exist.
    """
    blocks = Blocks()
    for document in documents:
        for section, name, value in _entries(document, named):
            new = Block(section, name, (Piece(document, _path(section, name)),), value)
            there = blocks.section(section).setdefault(name, new)
            if there is not new and not (section in SHARED and there.value == value):
                what = "has a different value" if section in SHARED else "is already declared"
                text = f"{what} at {there.where()}; remove one of the two"
                problems.append(Problem(new.where(), new.address, text))
    for overlay in overlays:
        for section, name, value in _entries(overlay, named):
            piece = Piece(overlay, _path(section, name))
            if value is None and section not in SHARED:
                known = blocks.section(section)
                if known.pop(name, None) is None:
                    text = f"null removes a block, but no block has this name{near(name, known)}"
                    problems.append(Problem(piece.where(), f"{section}.{name}", text))
                continue
            there = blocks.section(section).get(name, Block(section, name, (), None))
            blocks.section(section)[name] = Block(
                section, name, (*there.pieces, piece), lay_over(there.value, value)
            )
    return blocks


def _path(section: str, name: str) -> Path:
    return (section, name) if section else (name,)


def _entries(document: Document, named: frozenset[str]) -> Iterator[tuple[str, str, Any]]:
    for key, value in document.value.items():
        if key not in named:
            if value is not None:
                yield SETTINGS, key, value
        elif isinstance(value, dict):
            for name, block in value.items():
                yield key, name, block
