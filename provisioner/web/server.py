"""Serves the pages about an account on this machine until the user ends it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

from provisioner.sandbox.http.prompt_server import PromptServer, listen, url_of
from provisioner.web.app import EstateSite, Place
from provisioner.web.live import EstateSource, LiveEstate

HOST = "127.0.0.1"
Serving = Callable[[str, Callable[[], None]], AbstractContextManager[None]]


def serve_estate(source: EstateSource, place: Place, port: int, every: float, serving: Serving) -> None:
    """
    Serve the pages about an account while the block that `serving` makes runs, and until it asks for the end.

    `serving` gets the address of the pages and what ends them. New purchases are looked for every so many
    seconds while a page is open. Raises OSError if the port is in use.
    """
    live = LiveEstate(source, every)
    server = PromptServer(EstateSite(live, place).application(), lambda: None)

    def end() -> None:
        live.end()
        server.end()

    with listen(HOST, port) as listener:
        listener.listen()  # so that whoever is told the address can connect
        with serving(url_of(listener), end):
            asyncio.run(server.serve(sockets=[listener]))
