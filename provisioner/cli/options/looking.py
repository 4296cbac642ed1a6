"""The options of `serve` and `report`, which show an estate."""

from pathlib import Path

import click
from msgspec import Struct

from provisioner.cli.options.grouped import one_struct
from provisioner.engine.snapshots import SNAPSHOTS


class LookOptions(Struct, frozen=True):
    """The options of `serve` and `report`, which show an estate."""

    days: int
    """The number of days for which purchases are shown."""
    personal: bool
    """True to show names of people and merchants."""
    snapshots: Path
    """The file that stores readings."""


_LOOK = (
    click.option(
        "--snapshots",
        type=click.Path(path_type=Path, dir_okay=False),
        default=SNAPSHOTS,
        metavar="FILE",
        help="Store the figures of each reading in this file, without names, to show them over time.",
    ),
    click.option(
        "--show-personal", "personal", is_flag=True, help="Show the names of cardholders and merchants."
    ),
    click.option(
        "--days", type=click.IntRange(1, 366), default=30, help="Show the purchases of this many days."
    ),
)
look_options = one_struct("look", LookOptions, _LOOK)
"""Adds the options of `serve` and `report` to a command, which receives them as `look`."""
