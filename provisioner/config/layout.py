"""Blocks that are laid out alike, so that one search reads a whole block in the place of one for each line.

A long file is hundreds of blocks with the same keys on the same lines, only the names and values differ. A
layout is learned from a block that was read line by line; what is laid out in any other way has no match.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct, field

from provisioner.config.scalar import LONGEST_KEY

KEY = rf"((?!-)[\w.-]{{1,{LONGEST_KEY}}})"
ENTRY = rf"{KEY}:(?: +([^ \n].*))?"
_VALUE = r"([^ #\n].*)"
_REMARKS = r"(?: *(?:#.*)?\n)*"
_LINE = re.compile(rf"( *)(- +)?(?:{ENTRY}|{_VALUE})")

# a line's part: the number of the collection that it stands in, its key (None in a list), what it opens
Row = tuple[int, str | None, type[dict[str, Any]] | type[list[Any]] | None]


class Layout(Struct, frozen=True):
    """How a block is laid out; the groups of `pattern` are its name and its values, from top to bottom."""

    pattern: re.Pattern[str]
    rows: Sequence[Row]
    indent: int  # of the name

    def block(self, values: Iterator[Any]) -> dict[str, Any]:
        """Return the block that has these values."""
        whole: dict[str, Any] = {}
        made: list[Any] = [whole]
        for of, key, opens in self.rows:
            if opens is None:
                value = next(values)
            else:
                value = opens()
                made.append(value)
            if key is None:
                made[of].append(value)
            else:
                made[of][key] = value
        return whole


def layout_of(block: str) -> Layout | None:
    """
    Return the layout of a block that could be read, from the line of its name to where the next begins.

    None where a remark or an empty line is within it, or the name has a value on its line.
    """
    lines = block.split("\n")
    while lines and lines[-1].lstrip(" ")[:1] in ("", "#"):
        lines.pop()
    name, *entries = map(_LINE.fullmatch, lines)
    if name is None or name[4] or not entries or entries[0] is None or entries[0][2]:
        return None
    indent = len(name[1])
    learned = _Learned([(indent, -1, dict), (len(entries[0][1]), 0, dict)])
    for entry in entries:
        if entry is None or (entry[4] or "").startswith("#"):
            return None
        learned.line(*entry.groups(""))
    # behind it and its remarks comes what is no part of it, as it begins as far out as the name
    end = rf"{_REMARKS}(?= {{0,{indent}}}[^ #\n]| *(?:#.*)?\Z)"
    pattern = re.compile(f"{name[1]}{KEY}:\n{''.join(learned.lines)}{end}")
    return Layout(pattern, learned.rows, indent)


class _Learned(Struct):
    """What the lines of a block have said so far, and the collections that are open: indent, number, type."""

    around: list[tuple[int, int, type]]
    lines: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    opened: int = 0
    waiting: tuple[int, str] | None = None  # a key whose value comes below

    def line(self, spaces: str, dash: str, key: str, value: str, item: str) -> None:
        self.enter(len(spaces), list if dash else dict)
        if key and dash:
            self.open(len(spaces + dash), None, dict)
        here = self.around[-1][1]
        if key and not value:
            self.waiting = (here, key)
        else:
            self.rows.append((here, key or None, None))
        written = [f"{re.escape(key)}:"] if key else []
        self.lines.append(spaces + dash + " +".join(written + [_VALUE] * bool(value or item)) + "\n")

    def enter(self, indent: int, kind: type) -> None:
        """Find the collection that a line stands in: a new one below a key, or one that is open."""
        if self.waiting:
            self.open(indent, self.waiting[1], kind)
            self.waiting = None
        while indent < self.around[-1][0] or kind is not self.around[-1][2]:
            self.around.pop()

    def open(self, indent: int, key: str | None, kind: type) -> None:
        self.rows.append((self.around[-1][1], key, kind))
        self.opened += 1
        self.around.append((indent, self.opened, kind))
