"""`sandbox`: run the embedded Stripe API as a separate server, or reset its state."""

import errno
import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner.cli.options.shared import SANDBOX_STATE, Options, config_options, parsed
from provisioner.cli.terminal.exit import DONE, exits
from provisioner.cli.terminal.log import tell
from provisioner.core.model.errors import ProvisionerError
from provisioner.engine.private_file import DATABASE, check_replaceable, private_database

if TYPE_CHECKING:
    from provisioner.core.model.config import Config

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
    """Run, fill or reset the embedded Stripe API (Issuing, top-ups and the balance, over HTTP)."""


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


def _moment(text: str | None) -> int | None:
    """Read a time such as 2026-10-31T12:00:00Z; raises ValueError."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a time such as 2026-10-31T12:00:00Z") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


@command.command()
@config_options
@click.option("--purchases", type=click.IntRange(min=1), default=1000, help="How many purchases to make.")
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=90,
    help="How many days to spread the purchases over, up to now.",
)
@click.option(
    "--seed", type=int, default=1, help="The same seed gives the same purchases at the same sandbox time."
)
@click.option(
    "--at",
    metavar="TIME",
    callback=parsed(_moment),
    help="First stop the sandbox's clock at this time, such as 2026-10-31T12:00:00Z, so that runs can be "
    "repeated exactly.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="SQLite file of the sandbox (default: the one that --sandbox uses).",
)
@exits
def seed(
    options: Options, *, purchases: int, days: int, seed: int, at: int | None, state: Path | None
) -> int:
    """
    Make past purchases with the cards at PATH.

    The cards must have been applied with --sandbox. Existing objects in the sandbox are moved back in time,
    so that they existed before the purchases. Purchases are decided and captured by the rules of the API;
    top-ups pay for them.
    """
    from provisioner.app.seed import SeedOrder, write_seed  # noqa: PLC0415 - cold start: other commands need none
    from provisioner.cli.terminal.progress import ProgressDisplay  # noqa: PLC0415 - cold start: as above
    from provisioner.views.purchases.seed import seed_text  # noqa: PLC0415 - cold start: as above

    where, cards = _applied_cards(options, state)
    with ProgressDisplay("Writing", "purchases", purchases) as display:
        written = write_seed(where, cards, SeedOrder(purchases, days, seed, at), display.reach)
    click.echo(seed_text(written), nl=False)
    return DONE


def _applied_cards(options: Options, state: Path | None) -> tuple[Path, list[str]]:
    """Return the state of the sandbox and the ids of the applied cards; raises ProvisionerError."""
    from msgspec.structs import replace  # noqa: PLC0415 - cold start: other commands need none

    from provisioner.app.seed import applied_cards  # noqa: PLC0415 - cold start: as above
    from provisioner.cli.session import sandbox_state, session  # noqa: PLC0415 - cold start: as above

    found: list[Config] = []
    with session(replace(options, sandbox=True), found.append, state=state) as account:
        cards = applied_cards(account)
    if not cards:
        env = f" --env {options.env}" if options.env else ""
        raise ProvisionerError(
            "no card of the configuration is in this sandbox yet; apply it first: provisioner apply "
            f"{options.path}{env} --sandbox"
        )
    return state or sandbox_state(found[0]), cards
