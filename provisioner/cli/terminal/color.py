"""Colour for terminals, laid over finished text: what comes, what changes, what goes."""

import os
import re
import sys
from typing import Any

import click

from provisioner.views.wrap import hang

_STYLES: tuple[tuple[re.Pattern[str], dict[str, Any]], ...] = (  # the first that fits
    (
        re.compile(r"^(Blocked by guardrails|  ! |  irreversible changes: +\d|  # .* \[irreversible\])"),
        {"fg": "red", "bold": True},
    ),
    (re.compile(r"^Changed outside of provisioner"), {"fg": "yellow", "bold": True}),
    (re.compile(r"^(  # |Plan: |No changes\.|Blast radius|Applied|Error)"), {"bold": True}),
    (re.compile(r"^\s*(\+|=) "), {"fg": "green"}),
    (re.compile(r"^\s*(-/\+|-) "), {"fg": "red"}),
    (re.compile(r"^\s*(~|\$) "), {"fg": "yellow"}),
    (re.compile(r"^\s*\* "), {"fg": "cyan"}),
)


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
    painted: list[str] = []
    for parts in lines:  # of each line, those that it was broken into for the terminal
        whole = " ".join([parts[0], *(part.strip() for part in parts[1:])])
        style = next((style for pattern, style in _STYLES if pattern.match(whole)), None)
        painted += [click.style(part, **style) if style else part for part in parts]
    return "\n".join(painted)
