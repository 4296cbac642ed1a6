"""Colors finished text for terminals: additions, changes, removals, and problems."""

import os
import re
import sys
from collections.abc import Sequence
from typing import Any

import click

_RED, _BOLD = {"fg": "red", "bold": True}, {"bold": True}
_STYLES: tuple[tuple[re.Pattern[str], dict[str, Any]], ...] = (  # The first pattern that matches decides.
    (
        re.compile(
            r"^(Blocked by guardrails|Check failed|Apply (failed|incomplete|interrupted)|  ! "
            r"|  irreversible changes: *[1-9]"
            r"|  # .*( \[irreversible\]|\(raises spending\)$))"
        ),
        _RED,
    ),
    (re.compile(r"^Changed outside of provisioner"), {"fg": "yellow", "bold": True}),
    # Only the mark at the beginning of a line is colored.
    (re.compile(r"^\s*(?P<mark>FAIL|FAILED|ERROR|DISAGREED)  "), _RED),
    (re.compile(r"^\s*(?P<mark>ok) "), {"fg": "green"}),
    (re.compile(r"^\s*(?P<mark>warn) "), {"fg": "yellow"}),
    (re.compile(r"^\s*(acct_\S+  .*FAILED \(|\S+\.\S+: FAILED to )"), {"fg": "red"}),
    (
        re.compile(
            r"^(  # |Plan: |No changes\.|Blast radius|Apply complete|Error|Drift: |No drift"
            r"|Scenarios: |Fleet |Project |Check passed|Backtest: |Headroom: )"
        ),
        _BOLD,
    ),
    (re.compile(r"^\s*(\+|=) "), {"fg": "green"}),
    (re.compile(r"^\s*(-/\+|-) "), {"fg": "red"}),
    (re.compile(r"^\s*(~|\$) "), {"fg": "yellow"}),
    (re.compile(r"^\s*\* "), {"fg": "cyan"}),
)


def wants_color(asked: bool | None) -> bool:
    """
    Return whether stdout gets color: as `asked`, else by environment variables, else on terminals.

    NO_COLOR (no-color.org) takes precedence over FORCE_COLOR and CLICOLOR_FORCE (bixense.com/clicolors).
    """
    if asked is not None:
        return asked
    if os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "0") not in ("", "0", "false") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def paint(parts: Sequence[str]) -> list[str]:
    """Color a line, given as the parts into which it was wrapped; the start of the line decides its color."""
    whole = " ".join([parts[0], *(part.strip() for part in parts[1:])])
    found = ((match, style) for pattern, style in _STYLES if (match := pattern.match(whole)))
    match, style = next(found, (None, {}))
    if match is None:
        return [*parts]
    if mark := match.groupdict().get("mark"):
        return [parts[0].replace(mark, click.style(mark, **style), 1), *parts[1:]]
    return [click.style(part, **style) for part in parts]
