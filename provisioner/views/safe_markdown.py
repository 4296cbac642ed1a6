"""
Makes text from configurations and from Stripe safe for Markdown.

Such text is shown only as code, where it cannot link, mention anybody, or close an element.
"""

import html
import re
from collections.abc import Iterable, Sequence
from itertools import accumulate

from provisioner.views.values import inert

LONGEST_LINE = 1_500
_TICKS = re.compile(r"`+")


def code(text: str, longest: int = 200) -> str:
    """Return a string of at most `longest` characters as inline code, which is not interpreted."""
    clean = clip(inert(text), longest) or " "
    ticks = "`" * (_longest_run(clean) + 1)
    pad = " " if len(ticks) > 1 or clean[0] in " `" else ""
    return f"{ticks}{pad}{clean}{pad}{ticks}"


def items(lines: Sequence[str], of: int) -> str:
    """
    Format the first lines of `of` lines as a list, whose items wrap, so that commands in them stay
    readable.
    """
    more = [f"- and {of - len(lines):,} more"] if of > len(lines) else []
    return "\n".join([*(f"- {code(line, LONGEST_LINE)}" for line in lines), *more])


def tag(text: str) -> str:
    """Return a string as code for an HTML block, where Markdown is not interpreted."""
    return f"<code>{html.escape(clip(inert(text), 200))}</code>"


def cell(text: str) -> str:
    """Return a string as inline code for a table cell, where a bar would end the cell even in code."""
    return code(text.replace("|", "\N{BROKEN BAR}"))


def fence(lines: Iterable[str], language: str) -> str:
    """Return lines as a code block whose fence is longer than any fence in them."""
    clipped = [clip(inert(line), LONGEST_LINE) for line in lines]
    ticks = "`" * max(3, 1 + max(map(_longest_run, clipped), default=0))
    return "\n".join([f"{ticks}{language}", *clipped, ticks])


def place(project: str, environment: str | None, mode: str, account: str) -> str:
    """Return project, environment, mode and account, for the heading of a comment."""
    env = f", environment {code(environment)}" if environment else ""
    known = code(account) if account else "unknown"
    return f"project {code(project)}{env}, {code(mode)} mode, account {known}"


def plain(text: str) -> str:
    """Return words and amounts for use outside of code; all other characters are escaped."""
    return "".join(c if c.isalnum() or c in " .,:;$€£()-" else f"&#{ord(c)};" for c in inert(text))


def clip(text: str, longest: int) -> str:
    """
    Return a string of at most `longest` characters, or its beginning and the number of characters left
    out.
    """
    return text if len(text) <= longest else f"{text[:longest]} ... ({len(text) - longest:,} more characters)"


def fitting(texts: Sequence[str], room: int) -> Sequence[str]:
    """Return as many texts from the beginning as fit into `room` bytes; at least the first one."""
    used = accumulate(size(inert(text)) for text in texts)
    return texts[: max(1, sum(so_far <= room for so_far in used))]


def size(text: str) -> int:
    """Return the size of a string in bytes, which is never less than its length by any host's count."""
    return len(text.encode())


def _longest_run(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)
