"""Finds the position of each value in a YAML text by a second parse, done only for messages."""

from contextlib import suppress
from itertools import takewhile
from typing import Any, NamedTuple

from msgspec import Struct
from yaml import events

from provisioner.config.text.read import UnreadableError, events_of


class Position(NamedTuple):
    """The position of a value and of its key, in lines and columns from 1."""

    line: int
    """The line of the value."""
    column: int
    """The column of the value."""
    key_line: int
    """The line of its key; in a list, the line of the value."""
    key_column: int
    """The column of its key; in a list, the column of the value."""
    raw: str | None
    """An unquoted scalar as written; None for any other value."""


Path = tuple[Any, ...]


class _Level(Struct):
    """A collection that is being read."""

    path: Path
    """The keys and indexes that lead to the collection."""
    mapping: bool
    """True for a mapping, False for a list."""
    index: int = 0
    """The index of the next item of a list."""
    key: Any = None
    """The key whose value comes next in a mapping."""
    mark: Any = None
    """The place of that key."""


def positions(text: str) -> dict[Path, Position]:
    """Return the position of each path of keys and indexes in the first document, up to a syntax error."""
    found: dict[Path, Position] = {}
    levels: list[_Level] = []
    with suppress(UnreadableError), events_of(text) as get:
        for event in takewhile(lambda event: not isinstance(event, events.DocumentEndEvent), iter(get, None)):
            if isinstance(event, events.CollectionEndEvent):
                levels.pop()
            elif isinstance(event, events.NodeEvent):
                path = _node(event, levels, found)
                if isinstance(event, events.CollectionStartEvent):
                    levels.append(_Level(path, isinstance(event, events.MappingStartEvent)))
    found.setdefault((), Position(1, 1, 1, 1, None))
    return found


def _node(event: Any, levels: list[_Level], found: dict[Path, Position]) -> Path:
    """Record the position of a node and return its path; a key of a mapping is kept for its value."""
    if not levels:
        return _note((), event, event.start_mark, found)
    level = levels[-1]
    if not level.mapping:
        level.index += 1
        return _note((*level.path, level.index - 1), event, event.start_mark, found)
    if level.mark is None:
        level.key, level.mark = getattr(event, "value", None), event.start_mark
        return (*level.path, None)
    path = _note((*level.path, level.key), event, level.mark, found)
    level.mark = None
    return path


def _note(path: Path, event: Any, key: Any, found: dict[Path, Position]) -> Path:
    mark = event.start_mark
    raw = event.value if isinstance(event, events.ScalarEvent) and event.implicit[0] else None
    found.setdefault(path, Position(mark.line + 1, mark.column + 1, key.line + 1, key.column + 1, raw))
    return path
