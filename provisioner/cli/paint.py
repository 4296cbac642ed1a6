"""Colour for terminals, laid over finished text: what comes, what changes, what goes."""

import os
import re
import sys

import click

_COLOURS = (
    (re.compile(r"^\s*(\+|=) "), "green"),
    (re.compile(r"^\s*(-/\+|-) "), "red"),
    (re.compile(r"^\s*(~|\$) "), "yellow"),
)
_BOLD = re.compile(r"^(  # |Plan: |No changes\.|Blast radius|Applied|Error)")
_FINAL = re.compile(r"^  final, cannot be undone: \d")


def wants_colour(asked: bool | None) -> bool:
    """Whether stdout is to be coloured: as told, else on a terminal without NO_COLOR (no-color.org)."""
    if asked is not None:
        return asked
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def paint(text: str, *, colour: bool) -> str:
    """Colour a text line by line."""
    return "".join(_line(line) for line in text.splitlines(keepends=True)) if colour else text


def _line(line: str) -> str:
    if _FINAL.match(line):
        return click.style(line, fg="red", bold=True)
    if _BOLD.match(line):
        return click.style(line, bold=True)
    for pattern, colour in _COLOURS:
        if pattern.match(line):
            return click.style(line, fg=colour)
    return line
