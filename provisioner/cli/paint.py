"""Colour for terminals, laid over finished text: what comes, what changes, what goes."""

import os
import re
import sys
from typing import NamedTuple

import click

_COLOURS = (
    (re.compile(r"^\s*(\+|=) "), "green"),
    (re.compile(r"^\s*(-/\+|-) "), "red"),
    (re.compile(r"^\s*(~|\$) "), "yellow"),
    (re.compile(r"^\s*\* "), "cyan"),
)
_BOLD = re.compile(r"^(  # |Plan: |No changes\.|Blast radius|Applied|Error)")
_FINAL = re.compile(r"^  (final, cannot be undone: \d|# .* \[final\])")
_GOES_ON = re.compile(r"^ {8,}\S")  # a line that was too long for the terminal


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
    lines, style = [], Style()
    for line in text.split("\n"):
        style = style if _GOES_ON.match(line) else _style(line)
        lines.append(
            line if style == Style() else click.style(line, fg=style.colour, bold=style.bold or None)
        )
    return "\n".join(lines)


def _style(line: str) -> Style:
    if _FINAL.match(line):
        return Style("red", bold=True)
    if _BOLD.match(line):
        return Style(bold=True)
    return next((Style(colour) for pattern, colour in _COLOURS if pattern.match(line)), Style())
