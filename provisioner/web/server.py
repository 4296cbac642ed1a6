"""Serves the pages about an account on this machine until the user ends it."""

from collections.abc import Callable

from msgspec import Struct

from provisioner.app.account import Account
from provisioner.app.estate import EstateReader
from provisioner.sandbox.http.prompt_server import listen, serve_app, url_of
from provisioner.web.app import EstateSite, Place
from provisioner.web.live import LiveEstate

HOST = "127.0.0.1"


class ServeOptions(Struct, frozen=True):
    """The options of a server of pages."""

    port: int
    """The port to listen on; 0 for a free one."""
    days: int
    """The number of days whose purchases are shown."""
    every: float
    """Seconds between two looks for new purchases while a page is open; 0 for none."""
    personal: bool
    """True to show names of people and merchants."""


def serve_estate(
    current: Callable[[], Account], place: Place, options: ServeOptions, ready: Callable[[str], None]
) -> None:
    """
    Serve the pages about an account until SIGINT or SIGTERM; `ready` is called with their address.

    `current` returns the account with its configuration of that moment, for each reading of everything.
    Raises OSError if the port is in use.
    """
    live = LiveEstate(EstateReader(current, days=options.days, personal=options.personal), options.every)
    with listen(HOST, options.port) as listener:
        serve_app(EstateSite(live, place).application(), listener, lambda: ready(url_of(listener)))
