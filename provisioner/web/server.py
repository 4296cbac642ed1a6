"""Serves the pages about an account on this machine until the user stops the command."""

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
    Serve the pages about an account for as long as the block of the context manager `serving` runs.

    `serving` is called with the address of the pages and a function that stops the server. While a page is
    open, new purchases are read every `every` seconds. Raises OSError if the port is in use.
    """
    live = LiveEstate(source, every)
    server = PromptServer(EstateSite(live, place).application(), lambda: None)

    def end() -> None:
        live.end()
        server.end()

    with listen(HOST, port) as listener:
        listener.listen()  # listen first, so that a client can connect as soon as the address is printed
        with serving(url_of(listener), end):
            asyncio.run(server.serve(sockets=[listener]))
