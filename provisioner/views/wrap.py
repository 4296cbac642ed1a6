"""Breaks lines that are too long for a terminal, in plans and in all other reports."""

import re
import textwrap
from collections.abc import Iterable

NARROWEST = 40  # columns; narrower terminals break lines themselves
ROOM = 24  # the least columns for the last column of a table
# never separated, however narrow the terminal is: money with its verb and its interval, a field and its sign,
# a remark and its sign, a mask
_TOGETHER = re.compile(
    r"(?<=\(sensitive) (?=value\))|(?<= #) (?=\w)|(?<=# forces) (?=replacement)|"
    r"\btop(?:ped)? up (?=\S)|(?<=\b[A-Z]{3}) (?=\d)|\bper (?=purchase|day|week|month|year)|(?<=\S) +(?== )"
)
_BOUND = "\N{NO-BREAK SPACE}"  # no value contains this character, because it would be escaped
_INDENT = re.compile(r"^ *(?:(?:[-+~=$#*!]|-/\+) )?")


def wrap_line(line: str, width: int | None, hanging: int = 0) -> list[str]:
    """
    Break a line at spaces so that its parts fit into `width` columns; with None, do not break it.

    Further parts begin at column `hanging`, such as that of a table's last column. They begin below the
    line's own beginning if that is farther right, or if `hanging` would leave too few columns.
    """
    if width is None or len(line) <= width or width < NARROWEST:
        return [line]
    found = _INDENT.match(line)
    begin = found[0] if found else ""
    bound = _TOGETHER.sub(lambda match: match[0].replace(" ", _BOUND), line[len(begin) :])
    below = len(begin) + 4
    parts = textwrap.wrap(
        bound,
        width,
        initial_indent=begin,  # a sign is never alone on its line, however long the following word is
        subsequent_indent=" " * (max(hanging, below) if width - hanging >= ROOM else below),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [part.replace(_BOUND, " ") for part in parts]


def shared_column(names: Iterable[str], width: int | None) -> int:
    """
    Return the width to which names are padded so that their values form one column.

    It is 0 if the column would take most of a terminal of `width` columns: then values directly follow their
    names.
    """
    column = max(map(len, names), default=0)
    return 0 if width and column > width * 3 // 5 else column
