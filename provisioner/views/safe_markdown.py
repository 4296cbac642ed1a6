"""Texts of others in Markdown: only inside code, where nothing of them can link, mention, close or colour."""

import html
import re
from collections.abc import Iterable

from provisioner.views.values import inert

LONGEST_LINE = 1_500
_TICKS = re.compile(r"`+")
_DIFF = re.compile(r"^ *(-/\+|[-+~=$#]) ")
_MARKS = {"+": "+", "=": "+", "$": "+", "-": "-", "-/+": "-", "~": "!", "#": "#"}


def code(text: str) -> str:
    """A text as inline code; GitHub and GitLab read nothing in it."""
    clean = clip(inert(text), 200) or " "
    ticks = "`" * (_longest_run(clean) + 1)
    pad = " " if len(ticks) > 1 or clean[0] in " `" else ""
    return f"{ticks}{pad}{clean}{pad}{ticks}"


def tag(text: str) -> str:
    """A text as code inside an HTML block, where Markdown is not read."""
    return f"<code>{html.escape(clip(inert(text), 200))}</code>"


def fence(lines: Iterable[str], language: str) -> str:
    """Lines as a block of code that none of them can close."""
    clipped = [clip(inert(line), LONGEST_LINE) for line in lines]
    ticks = "`" * max(3, 1 + max(map(_longest_run, clipped), default=0))
    return "\n".join([f"{ticks}{language}", *clipped, ticks])


def as_diff(line: str) -> str:
    """A line of the plan's text with its symbol in the first column, where `diff` blocks have colours."""
    found = _DIFF.match(line)
    if found is None:
        return "  " + line.strip()
    symbol = found[1]
    return f"{_MARKS[symbol]} {line[found.end() :] if symbol != '-/+' else f'(-/+) {line[found.end() :]}'}"


def plain(text: str) -> str:
    """Words and amounts, with anything else that a forged document may hold made harmless."""
    return "".join(c if c.isalnum() or c in " .,:;$€£()-" else f"&#{ord(c)};" for c in inert(text))


def clip(text: str, longest: int) -> str:
    """A text, or its beginning and how much is left out."""
    return text if len(text) <= longest else f"{text[:longest]} ... ({len(text) - longest:,} characters more)"


def size(text: str) -> int:
    """How long a comment is at most, however its host counts: in bytes."""
    return len(text.encode())


def _longest_run(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)
