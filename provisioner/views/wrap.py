"""Break lines that are too long for a terminal, in plans and in every other report."""

import re
import textwrap
from collections.abc import Iterable

NARROWEST = 40  # columns; below that, lines are left to the terminal
ROOM = 24  # columns that the last column of a table needs
# never parted, however narrow the terminal is: money with its verb and its interval, a field and its sign,
# a remark and its sign, a mask
_TOGETHER = re.compile(
    r"(?<=\(sensitive) (?=value\))|(?<= #) (?=\w)|(?<=# forces) (?=replacement)|"
    r"\btop(?:ped)? up (?=\S)|(?<=\b[A-Z]{3}) (?=\d)|\bper (?=purchase|day|week|month|year)|(?<=\S) +(?== )"
)
_BOUND = "\N{NO-BREAK SPACE}"  # no value holds one: it would be escaped
_INDENT = re.compile(r"^ *(?:(?:[-+~=$#*!]|-/\+) )?")


def wrap_line(line: str, width: int | None, hanging: int = 0) -> list[str]:
    """
    Break a line at spaces so that its parts fit `width` columns; without a width, leave it whole.

    It continues at column `hanging`, such as that of a table's last column, or below its own beginning where
    that is farther right, or where `hanging` would leave few columns.
    """
    if width is None or len(line) <= width or width < NARROWEST:
        return [line]
    begin = _begin(line)
    bound = _TOGETHER.sub(lambda match: match[0].replace(" ", _BOUND), line[len(begin) :])
    below = len(begin) + 4
    parts = textwrap.wrap(
        bound,
        width,
        initial_indent=begin,  # a sign never stays alone on its line, however long the word after it
        subsequent_indent=" " * (max(hanging, below) if width - hanging >= ROOM else below),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [part.replace(_BOUND, " ") for part in parts]


def shared_column(names: Iterable[str], width: int | None) -> int:
    """
    Return how wide names are padded so that their values form one column.

    0 where that would take most of a terminal of `width` columns: values then follow their names at once.
    """
    column = max(map(len, names), default=0)
    return 0 if width and column > width * 3 // 5 else column


def _begin(line: str) -> str:
    found = _INDENT.match(line)
    return found[0] if found else ""
