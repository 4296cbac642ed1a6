"""Finds out what a cursor is on in a YAML text, which need not be complete: people are typing it."""

import re
from typing import NamedTuple

WORD = re.compile(r"[\w.-]*")
WORD_BEFORE = re.compile(r"[\w.-]*$")
VARIABLE = re.compile(r"\$\{var\.([\w.-]*)$")
# the key of a value on the same line, also inside of { } and [ ]
KEY_BEFORE = re.compile(r"([\w-]+)[\"']?\s*:\s+(?:\[[^\]]*)?[\"']?$")
ITEM = re.compile(r"^(\s*)-\s+[\"']?$")
KEY = re.compile(r"^(\s*)(?:-\s+)?[\"']?([\w.-]+)[\"']?\s*:(?:\s|$)")
VARIABLES = "vars"


class Cursor(NamedTuple):
    """The word at a cursor and where it is in the tree."""

    section: str
    """The top-level key around it; empty at the top level."""
    block: str
    """The name of the block around it; empty outside of any."""
    key: str
    """The key whose value it is; empty if it is a key itself."""
    word: str
    """The word."""
    start: int
    """The column of its first character, from 0."""


def cursor_at(text: str, line: int, column: int) -> Cursor:
    """Return what is at a line and column, both counted from 0."""
    lines = text.split("\n")
    here = lines[line] if line < len(lines) else ""
    variable = VARIABLE.search(here[:column])
    found = WORD_BEFORE.search(here[:column])
    start = variable.start(1) if variable else found.start() if found else column
    word = (WORD.match(here, start) or [""])[0]
    before = here[:start]
    section, block = _around(lines, line)
    if variable:
        return Cursor(section, block, VARIABLES, word, start)
    if inline := KEY_BEFORE.search(before):
        return Cursor(section, block, inline[1], word, start)
    key = _key_of_list(lines, line) if ITEM.match(before) and not KEY.match(here) else ""
    return Cursor(section, block, key, word, start)


def _around(lines: list[str], line: int) -> tuple[str, str]:
    """Return the section and the block that a line is in, by indentation."""
    names: list[str] = []
    least = len(lines[line]) - len(lines[line].lstrip()) + 1 if lines[line].strip() else 10**6
    for at in range(line, -1, -1):
        found = KEY.match(lines[at])
        if found and len(found[1]) < least:
            least = len(found[1])
            names.append(found[2])
            if not least:
                return names[-1], names[-2] if len(names) > 1 else ""
    return "", ""


def _key_of_list(lines: list[str], line: int) -> str:
    """Return the key of the list that a line with an item is in."""
    indent = len(lines[line]) - len(lines[line].lstrip())
    for at in range(line - 1, -1, -1):
        found = KEY.match(lines[at])
        if found and len(found[1]) <= indent and not lines[at].lstrip().startswith("-"):
            return found[2]
    return ""
