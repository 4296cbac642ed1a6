"""The options of `serve` and `report`, which show an estate."""

from pathlib import Path

import click
from msgspec import Struct

from provisioner.cli.options.grouped import one_struct
from provisioner.cli.options.shared import SANDBOX_STATE, Options
from provisioner.engine.snapshots import SNAPSHOTS
from provisioner.fleet.model import FleetSource


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


def fleet_source(options: Options) -> FleetSource:
    """Return the fleet to read; raises UsageError for --env and --var, which a fleet sets itself."""
    if options.env or options.variables:
        raise click.UsageError("--env and --var do not apply to a fleet, which sets both for each account")
    state = SANDBOX_STATE if options.sandbox else None
    return FleetSource(options.path, state, options.max_rps, options.allowed, options.policy)
