"""Colour for terminals, laid over finished text: what comes, what changes, what goes."""

import os
import re
import sys
from collections.abc import Sequence
from typing import NamedTuple

import click

from provisioner.views.plan.text import hang

_COLOURS = (
    (re.compile(r"^\s*(\+|=) "), "green"),
    (re.compile(r"^\s*(-/\+|-) "), "red"),
    (re.compile(r"^\s*(~|\$) "), "yellow"),
    (re.compile(r"^\s*\* "), "cyan"),
)
_BOLD = re.compile(r"^(  # |Plan: |No changes\.|Blast radius|Applied|Error)")
_FINAL = re.compile(r"^(Guardrails stop |  ! |  final, cannot be undone: \d|  # .* \[final\])")


class Style(NamedTuple):
    """How a line is shown."""

    colour: str | None = None
    bold: bool = False


def wants_colour(asked: bool | None) -> bool:
    """Whether stdout is to be coloured: as told, else on a terminal without NO_COLOR (no-color.org)."""
    if asked is not None:
        return asked
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, *, colour: bool) -> str:
    """Colour a text line by line; a line that goes on keeps the colour of its beginning."""
    if not colour:
        return text
    lines: list[list[str]] = []
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        if lines and indent == hang(lines[-1][0]):
            lines[-1].append(line)
        else:
            lines.append([line])
    return "\n".join(_painted(parts) for parts in lines)


def _painted(parts: Sequence[str]) -> str:
    """One line, in the parts that it was broken into for the terminal; what it is, all of it says."""
    line = " ".join([parts[0], *(part.strip() for part in parts[1:])])
    if _FINAL.match(line):
        style = Style("red", bold=True)
    elif _BOLD.match(line):
        style = Style(bold=True)
    else:
        style = next((Style(colour) for pattern, colour in _COLOURS if pattern.match(line)), Style())
    if style == Style():
        return "\n".join(parts)
    return "\n".join(click.style(part, fg=style.colour, bold=style.bold or None) for part in parts)
