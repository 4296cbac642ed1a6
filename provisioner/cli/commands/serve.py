"""`serve`: show the cards, their money and their purchases in a browser on this machine."""

import errno
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.app.ready import ready
from provisioner.cli.options.looking import LookOptions, look_options
from provisioner.cli.options.shared import Options, load, read, stripe_options
from provisioner.cli.session import fitted, session
from provisioner.cli.terminal.exit import DONE, exits
from provisioner.cli.terminal.log import tell
from provisioner.cli.terminal.signals import end, on_signal
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ProvisionerError
from provisioner.engine.snapshots import forget as delete_snapshots
from provisioner.stripe_api.credentials import is_unrestricted, key_for

if TYPE_CHECKING:  # cold start: templates and server are slow to import
    from provisioner.web.app import Place
    from provisioner.web.live import EstateSource

LOOK, LOOK_AT_SANDBOX = 60.0, 3.0  # seconds between reads of new purchases
CAN_WRITE = (
    "This key can write. These pages never write, so use a restricted key that can only read: "
    "docs/how-to/restricted-keys.md"
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

    The pages are served to this machine only, and Stripe is read with a client that cannot write. While no
    page is open, nothing is read.
    """
    from provisioner.web.server import serve_estate  # noqa: PLC0415 - cold start: templates and server are heavy

    if forget:
        was_there = delete_snapshots(look.snapshots)
        click.echo(f"Deleted {look.snapshots}." if was_there else f"{look.snapshots} does not exist.")
        return DONE
    if demo and not options.sandbox:
        raise click.UsageError("--demo makes purchases in a sandbox; add --sandbox")
    every = every or (LOOK_AT_SANDBOX if options.sandbox else LOOK)
    opened = _demo(options, look) if demo else _real(options, look)
    with opened as (source, place):
        try:
            serve_estate(source, place, port, every, partial(_serving, place.project))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            text = f"port {port} is already in use; choose another one, or leave out --port"
            raise ProvisionerError(text) from None
    return DONE


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
        unrestricted = not options.sandbox and is_unrestricted(key_for(stripe.config.mode, os.environ))
        if unrestricted:
            tell(f"Warning: {CAN_WRITE}", level=logging.WARNING)

        def current() -> Account:
            return ready(replace(stripe, config=fitted(options, read(options))))

        place = _place(stripe.config, options, CAN_WRITE if unrestricted else "")
        reader = EstateReader(current, days=look.days, personal=look.personal)
        yield RecordedReader(reader, look.snapshots, "serve"), place


@contextmanager
def _demo(options: Options, look: LookOptions) -> Iterator[tuple["EstateSource", "Place"]]:
    from provisioner.app.demo import DemoReader  # noqa: PLC0415 - cold start: as above

    config = fitted(options, load(options))
    with ExitStack() as stack:
        yield DemoReader(lambda: read(options), stack, look.days), _place(config, options, DEMO)


def _place(config: Config, options: Options, warning: str) -> "Place":
    from provisioner.web.app import Place  # noqa: PLC0415 - cold start: as above

    return Place(
        config.project,
        config.environment or "",
        config.mode,
        sandbox=options.sandbox,
        warnings=(warning,) if warning else (),
    )
