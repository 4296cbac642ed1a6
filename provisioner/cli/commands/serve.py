"""`serve`: the estate, its money and its purchases in a browser on this machine."""

import errno
import logging
import os

import click
from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.app.ready import ready
from provisioner.cli.options.shared import Options, read, stripe_options
from provisioner.cli.session import fitted, session
from provisioner.cli.terminal.exit import DONE, exits
from provisioner.cli.terminal.log import tell
from provisioner.core.model.errors import ProvisionerError
from provisioner.stripe_api.credentials import is_unrestricted, key_for

LOOK, LOOK_AT_SANDBOX = 60.0, 2.0  # seconds between two looks for new purchases
CAN_WRITE = (
    "This key can write. These pages never do, and a restricted key that can only read is enough: "
    "docs/how-to/restricted-keys.md"
)


@click.command()
@stripe_options
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port to listen on; 0 picks a free one."
)
@click.option("--days", type=click.IntRange(1, 366), default=30, help="Show the purchases of this many days.")
@click.option(
    "--every",
    type=click.FloatRange(min=0.5),
    help="Look for new purchases every so many seconds while a page is open (default: 60, with --sandbox 2).",
)
@click.option(
    "--show-personal",
    "personal",
    is_flag=True,
    help="Show the names of cardholders and merchants.",
)
@exits
def command(options: Options, *, port: int, days: int, every: float | None, personal: bool) -> int:
    """
    Show the account of the configuration at PATH in a browser, until interrupted; change nothing.

    The pages are served to this machine only, and Stripe is read with a client that cannot write. While no
    page is open, nothing is read.
    """
    from provisioner.web.app import Place  # noqa: PLC0415 - cold start: the templates and the server are heavy
    from provisioner.web.server import ServeOptions, serve_estate  # noqa: PLC0415 - cold start: as above

    with session(options) as stripe:
        config = stripe.config
        warnings = _key_warnings(config.mode, options)
        place = Place(
            config.project,
            config.environment or "",
            config.mode,
            sandbox=options.sandbox,
            warnings=warnings,
        )
        every = every or (LOOK_AT_SANDBOX if options.sandbox else LOOK)

        def current() -> Account:
            return ready(replace(stripe, config=fitted(options, read(options))))

        try:
            serve_estate(
                current,
                place,
                ServeOptions(port=port, days=days, every=every, personal=personal),
                lambda base: click.echo(f"Serving {config.project} at {base}"),
            )
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise ProvisionerError(
                f"port {port} is already in use; choose another one, or leave out --port"
            ) from None
    return DONE


def _key_warnings(mode: str, options: Options) -> tuple[str, ...]:
    """Say that a key can do more than these pages need, on stderr and on the pages."""
    if options.sandbox or not is_unrestricted(key_for(mode, os.environ)):
        return ()
    tell(f"Warning: {CAN_WRITE}", level=logging.WARNING)
    return (CAN_WRITE,)
