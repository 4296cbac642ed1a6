"""The options of the `fleet` commands."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from msgspec import Struct

from provisioner.cli.options.shared import ALLOW_ENV, ALLOW_FILE, POLICY, SANDBOX, as_struct, parsed, rate
from provisioner.fleet.model import Selector
from provisioner.fleet.select import Shard, parse_selector, parse_shard

R = TypeVar("R")
AT_ONCE = 8
ALL = Shard()


class FleetOptions(Struct, frozen=True):
    """The options that all commands of a fleet share."""

    path: Path = Path()
    """The fleet file or its folder."""
    select: tuple[Selector, ...] = ()
    """Selectors; an account must match one of them. Empty for all accounts."""
    shards: Shard = ALL
    """The part of the fleet to process."""
    executor: str = "local"
    """`local` or `dask`."""
    scheduler: str | None = None
    """Address of the Dask scheduler."""
    at_once: int = AT_ONCE
    """Number of accounts that run at the same time."""
    sandbox: bool = False
    """True to use the embedded Stripe API."""
    max_rps: float | None = None
    """Maximum requests per second of the platform; None for the default."""
    format_: str = "text"
    """Format of stdout: `text`, `jsonl` or `html`."""
    reports: tuple[Path, ...] = ()
    """Files to write the report to as well."""
    allow_env: tuple[str, ...] = ()
    """Names of environment variables that may be read although they suggest a secret."""
    allow_files: tuple[str, ...] = ()
    """Files and folders outside of the fleet's folder that may be read."""
    policy: Path | None = None
    """A file of guardrails that apply to every account."""


PATH = click.argument("path", type=click.Path(path_type=Path), default=".")
SELECT = click.option(
    "--select",
    multiple=True,
    metavar="SELECTOR",
    callback=parsed(lambda texts: tuple(map(parse_selector, texts))),
    help="Only accounts that match, such as 'tier=gold,region=eu-*' or 'acct_1*'.",
)
_OPTIONS = (
    click.option(
        "--report",
        "reports",
        multiple=True,
        type=click.Path(path_type=Path, dir_okay=False),
        help="Also write the report to this file (.jsonl, .html or .txt).",
    ),
    click.option(
        "--format",
        "format_",
        type=click.Choice(["text", "jsonl", "html"]),
        default="text",
        help="Format of the report on stdout.",
    ),
    click.option(
        "--max-rps",
        type=click.FloatRange(min=0.1),
        callback=rate,
        help="Maximum requests per second with the platform's key.",
    ),
    SANDBOX,
    click.option(
        "--at-once",
        type=click.IntRange(1, 256),
        default=AT_ONCE,
        show_default=True,
        help="Number of accounts processed at once on this machine; a cluster uses its threads.",
    ),
    click.option(
        "--scheduler",
        envvar="DASK_SCHEDULER_ADDRESS",
        show_envvar=True,
        help="Address of the Dask scheduler, such as tcp://10.0.0.1:8786.",
    ),
    click.option(
        "--executor",
        type=click.Choice(["local", "dask"]),
        default="local",
        show_default=True,
        help="Where accounts are processed: on this machine or on a Dask cluster.",
    ),
    click.option(
        "--shards",
        default="1/1",
        metavar="N/M",
        callback=parsed(parse_shard),
        help="Process only part N of M of the accounts, split by account id.",
    ),
    POLICY,
    ALLOW_FILE,
    ALLOW_ENV,
    SELECT,
    PATH,
)


def fleet_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add the options of a command for fleets, which receives them as `FleetOptions`."""
    return as_struct(command, _OPTIONS, FleetOptions)
