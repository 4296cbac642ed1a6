"""Finds the word at a cursor in a YAML text, which may be incomplete while somebody is typing."""

import re
from typing import NamedTuple

WORD = re.compile(r"[\w.-]*")
WORD_BEFORE = re.compile(r"[\w.-]*$")
VARIABLE = re.compile(r"\$\{var\.([\w.-]*)$")
# the key of a value on the same line, also within { } and [ ]
KEY_BEFORE = re.compile(r"([\w-]+)[\"']?\s*:\s+(?:\[[^\]]*)?[\"']?$")
ITEM = re.compile(r"^(\s*)-\s+[\"']?$")
KEY = re.compile(r"^(\s*)(?:-\s+)?[\"']?([\w.-]+)[\"']?\s*:(?:\s|$)")
VARIABLES = "vars"


class Cursor(NamedTuple):
    """The word at a cursor, and its position in the YAML tree."""

    section: str
    """The top-level key that contains it; empty at the top level."""
    block: str
    """The name of the block that contains it; empty outside of blocks."""
    key: str
    """The key whose value the word is; empty if the word is a key itself."""
    word: str
    """The word."""
    start: int
    """The column of its first character, counted from 0."""


def cursor_at(text: str, line: int, column: int) -> Cursor:
    """Return the word at a line and column, both counted from 0."""
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
    """Return the section and the block that contain a line, found by indentation."""
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
    """Return the key of the list that contains a line with an item."""
    indent = len(lines[line]) - len(lines[line].lstrip())
    for at in range(line - 1, -1, -1):
        found = KEY.match(lines[at])
        if found and len(found[1]) <= indent and not lines[at].lstrip().startswith("-"):
            return found[2]
    return ""
