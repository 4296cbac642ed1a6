"""`serve`: show the cards, their money and their purchases in a browser on this machine."""

import errno
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.app.ready import ready
from provisioner.cli.options.looking import LookOptions, fleet_source, look_options
from provisioner.cli.options.shared import Options, load, read, stripe_options
from provisioner.cli.session import fitted, session
from provisioner.cli.terminal.exit import DONE, exits
from provisioner.cli.terminal.log import tell
from provisioner.cli.terminal.signals import end, on_signal
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ProvisionerError
from provisioner.engine.snapshots import forget as delete_snapshots
from provisioner.fleet.read import is_fleet
from provisioner.stripe_api.credentials import is_unrestricted, key_for

if TYPE_CHECKING:  # cold start: templates and server are slow to import
    from provisioner.app.recorded_estate import RecordedReader
    from provisioner.fleet.look import FleetReader
    from provisioner.web.fleet_app import FleetSite
    from provisioner.web.live import EstateSource
    from provisioner.web.site import LiveSite, Place

LOOK, LOOK_AT_SANDBOX = 60.0, 3.0  # seconds between reads of new purchases
FLEET = 10  # reads of one account's new purchases, in the time between two reads of a fleet
CAN_WRITE = (
    "This key can write. These pages never write, so use a restricted key that can only read: "
    "docs/how-to/restricted-keys.md"
)
# [?] Only a write would show what a key may write: Stripe documents no request that returns its permissions.
MAY_WRITE = (
    "This command only reads, so it does not know whether this restricted key can write; "
    "`provisioner doctor` checks its permissions."
)
DEMO = "This is a demonstration with sample purchases, in a sandbox that ends with the command."


@click.command()
@stripe_options
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port to listen on; 0 picks a free one."
)
@click.option(
    "--every",
    type=click.FloatRange(min=0.5),
    help="Seconds between reads of new purchases while a page is open (default: 60, or 3 with --sandbox).",
)
@click.option(
    "--demo",
    is_flag=True,
    help="With --sandbox: show a new sandbox with the configuration applied and with sample purchases.",
)
@look_options
@click.option(
    "--forget", is_flag=True, help="Delete the file of --snapshots with all stored figures, and exit."
)
@exits
def command(
    options: Options,
    *,
    port: int,
    every: float | None,
    look: LookOptions,
    demo: bool,
    forget: bool,
) -> int:
    """
    Show the account of the configuration at PATH in a browser, until interrupted; change nothing.

    PATH may also be a fleet: then its accounts are shown, and each of them when it is opened. The pages are
    served to this machine only, and Stripe is read with a client that cannot write. While no page is open,
    nothing is read.
    """
    if forget:
        was_there = delete_snapshots(look.snapshots)
        click.echo(f"Deleted {look.snapshots}." if was_there else f"{look.snapshots} does not exist.")
        return DONE
    if demo and not options.sandbox:
        raise click.UsageError("--demo makes purchases in a sandbox; add --sandbox")
    every = every or (LOOK_AT_SANDBOX if options.sandbox else LOOK)
    if is_fleet(options.path):
        if demo:
            raise click.UsageError("--demo is for one configuration, not for a fleet")
        opened = _fleet(options, look, every)
    else:
        opened = _account(_demo(options, look) if demo else _real(options, look), every)
    with opened as (site, name):
        _serve(site, name, port)
    return DONE


def _serve(site: "LiveSite[Any]", name: str, port: int) -> None:
    from provisioner.web.server import serve_site  # noqa: PLC0415 - cold start: templates and server are slow to import

    try:
        serve_site(site, port, partial(_serving, name))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        text = f"port {port} is already in use; choose another one, or leave out --port"
        raise ProvisionerError(text) from None


@contextmanager
def _account(
    opened: AbstractContextManager[tuple["EstateSource", "Place"]], every: float
) -> Iterator[tuple["LiveSite[Any]", str]]:
    from provisioner.web.app import EstateSite  # noqa: PLC0415 - cold start: as above
    from provisioner.web.live import LiveEstate  # noqa: PLC0415 - cold start: as above

    with opened as (source, place):
        yield EstateSite(LiveEstate(source, every), place), place.project


@contextmanager
def _fleet(options: Options, look: LookOptions, every: float) -> Iterator[tuple["LiveSite[Any]", str]]:
    from provisioner.fleet.look import fleet_reader  # noqa: PLC0415 - cold start: rarely needed

    with fleet_reader(fleet_source(options)) as reader:
        warning = _can_write(options, reader.mode)
        place = _place(Config(reader.name, reader.mode, None, {}), options, warning)
        yield fleet_site(reader, place, look, every), reader.name


def fleet_site(reader: "FleetReader", place: "Place", look: LookOptions, every: float) -> "FleetSite":
    """Return the pages about a fleet, which open an account once somebody looks at it."""
    from provisioner.app.estate import EstateReader  # noqa: PLC0415 - cold start: as above
    from provisioner.app.recorded_estate import RecordedReader  # noqa: PLC0415 - cold start: as above
    from provisioner.web.fleet_app import FleetSite  # noqa: PLC0415 - cold start: as above
    from provisioner.web.live import LiveFleet  # noqa: PLC0415 - cold start: as above

    def open_account(identity: str) -> "RecordedReader":
        inner = EstateReader(partial(reader.open, identity), days=look.days, personal=look.personal)
        return RecordedReader(inner, look.snapshots, "serve")

    names = {identity: job.account.name for identity, job in reader.jobs.items()}
    return FleetSite(LiveFleet(reader, every * FLEET), names, place, open_account, every)


@contextmanager
def _serving(project: str, base: str, stop: Callable[[], None]) -> Iterator[None]:
    """Print the address. The first Ctrl-C stops the server, and the second one ends the process."""
    asked: list[bool] = []

    def ask() -> None:
        if asked:
            end()
        asked.append(True)
        stop()

    with on_signal(ask):
        click.echo(f"Serving {project} at {base} (press Ctrl-C to stop)")
        yield


@contextmanager
def _real(options: Options, look: LookOptions) -> Iterator[tuple["EstateSource", "Place"]]:
    from provisioner.app.estate import EstateReader  # noqa: PLC0415 - cold start: as above
    from provisioner.app.recorded_estate import RecordedReader  # noqa: PLC0415 - cold start: as above

    with session(options) as stripe:
        warning = _can_write(options, stripe.config.mode)

        def current() -> Account:
            return ready(replace(stripe, config=fitted(options, read(options))))

        place = _place(stripe.config, options, warning)
        reader = EstateReader(current, days=look.days, personal=look.personal)
        yield RecordedReader(reader, look.snapshots, "serve"), place


def _can_write(options: Options, mode: str) -> str:
    """
    Return the warning that the pages show about a key that can write, after printing it; empty if none.

    About a restricted key, only the command says that its permissions are not known.
    """
    if options.sandbox:
        return ""
    if not is_unrestricted(key_for(mode, os.environ)):
        tell(f"Note: {MAY_WRITE}")
        return ""
    tell(f"Warning: {CAN_WRITE}", level=logging.WARNING)
    return CAN_WRITE


@contextmanager
def _demo(options: Options, look: LookOptions) -> Iterator[tuple["EstateSource", "Place"]]:
    from provisioner.app.demo import DemoReader  # noqa: PLC0415 - cold start: as above

    config = fitted(options, load(options))
    with ExitStack() as stack:
        yield DemoReader(lambda: read(options), stack, look.days), _place(config, options, DEMO)


def _place(config: Config, options: Options, warning: str) -> "Place":
    from provisioner.web.site import Place  # noqa: PLC0415 - cold start: as above

    return Place(
        config.project,
        config.environment or "",
        config.mode,
        sandbox=options.sandbox,
        warnings=(warning,) if warning else (),
    )
