"""`sandbox`: run the embedded Stripe API as a separate server, or reset its state."""

import errno
import logging
import re
from pathlib import Path
from typing import Any

import click

from provisioner.cli.options.shared import SANDBOX_STATE
from provisioner.cli.terminal.log import tell
from provisioner.core.model.errors import ProvisionerError
from provisioner.engine.private_file import DATABASE, check_replaceable, private_database

_DURATION = re.compile(r"^(\d+(?:\.\d+)?)(ms|s|m|h)$")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def _seconds(_ctx: click.Context, _param: click.Parameter, text: str) -> float | None:
    """Read `100ms`, `5s`, `1h`, or `never` (None)."""
    if text == "never":
        return None
    if not (match := _DURATION.match(text)):
        raise click.BadParameter(f"{text!r} is not a duration; write 100ms, 5s, 2m or 1h")
    return float(match[1]) * _SECONDS[match[2]]


@click.group()
def command() -> None:
    """Run or reset the embedded Stripe API (Issuing, top-ups and the balance, over HTTP)."""


@command.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port to listen on; 0 picks a free one."
)
@click.option(
    "--host", default="127.0.0.1", help="IP address to listen on; 0.0.0.0 serves other machines, too."
)
@click.option(
    "--key",
    default="",
    show_default=False,
    help="The only key to accept, such as sk_test_1 (default: any test key).",
)
@click.option(
    "--state", type=click.Path(path_type=Path, dir_okay=False), help="SQLite file that stores the state."
)
@click.option(
    "--latency", callback=_seconds, default="0s", help="Delay added to every request, such as 100ms."
)
@click.option(
    "--no-rate-limit",
    "rate_limit",
    flag_value=False,
    default=True,
    show_default=False,
    help="Do not enforce the rate limits of test mode.",
)
@click.option(
    "--topup-settle", callback=_seconds, default="5s", help="How long a top-up stays pending: 5s, 1h, never."
)
@click.option(
    "--country",
    type=str.upper,
    metavar="TEXT",
    default="US",
    help="Country of the account, such as US or GB.",
)
@click.option(
    "--webhooks-anywhere",
    is_flag=True,
    help="Also send events to webhook endpoints on other machines (default: only on this one).",
)
def serve(**options: Any) -> None:
    """Serve the embedded Stripe API until interrupted."""
    from provisioner.sandbox.server import serve as run  # noqa: PLC0415 - cold start: the server is heavy
    from provisioner.sandbox.settings import Settings  # noqa: PLC0415 - cold start: as above

    try:
        settings = Settings(**options)
    except ValueError as problem:
        raise click.UsageError(str(problem)) from None
    if not (settings.is_local or settings.key):
        tell(
            f"Warning: everyone who can reach {settings.host} can read and change everything in this "
            "sandbox, and its clock; set a --key that clients must send",
            level=logging.WARNING,
        )
    if settings.state:
        private_database(settings.state)
    try:
        run(settings, lambda base: click.echo(f"Sandbox ready at {base}"))
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise ProvisionerError(f"{settings.host} is not an address of this machine") from None
        if error.errno != errno.EADDRINUSE:
            raise
        raise ProvisionerError(
            f"port {settings.port} is already in use; choose another one, or leave out --port to use a free "
            "one"
        ) from None


@command.command()
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    default=SANDBOX_STATE,
    help="SQLite file of the sandbox.",
)
def reset(state: Path) -> None:
    """Delete everything in the sandbox that --sandbox uses (or in that of --state)."""
    files = [Path(f"{state}{suffix}") for suffix in DATABASE]
    for path in files:
        check_replaceable(path)
    for path in files:
        path.unlink(missing_ok=True)
    click.echo(f"The sandbox at {state} is empty.")
