"""The options of commands that save a plan: the file, and how long the plan can be applied."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import click

from provisioner.cli.options.grouped import with_options
from provisioner.core.approval.integrity import LONGEST

R = TypeVar("R")
_TIME = re.compile(r"(?P<number>[0-9]{1,7})(?P<unit>[smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _good_for(_ctx: click.Context, _param: click.Parameter, text: str) -> timedelta:
    """Read the duration for which a saved plan can be applied."""
    match = _TIME.fullmatch(text)
    time = timedelta(**{_UNITS[match["unit"]]: int(match["number"])}) if match else timedelta()
    if not timedelta() < time <= LONGEST:
        raise click.BadParameter(f"{text!r} is not a duration up to {LONGEST.days}d, such as 30m, 12h or 7d")
    return time


_SAVING = (
    click.option(
        "--expires",
        "good_for",
        default="7d",
        callback=_good_for,
        metavar="TIME",
        help="How long the saved plan can be applied, such as 30m, 12h or 7d (the maximum).",
    ),
    click.option(
        "--out",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Save the plan to this file, for `apply FILE`.",
    ),
)


def saving_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add the options for saving a plan to a command."""
    return with_options(command, _SAVING)
