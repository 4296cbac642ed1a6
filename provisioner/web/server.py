"""Serves the pages about an account on this machine until the user stops the command."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from provisioner.sandbox.http.prompt_server import PromptServer, listen, url_of
from provisioner.web.site import LiveSite

HOST = "127.0.0.1"
Serving = Callable[[str, Callable[[], None]], AbstractContextManager[None]]


def serve_site(site: LiveSite[Any], port: int, serving: Serving) -> None:
    """
    Serve pages for as long as the block of the context manager `serving` runs.

    `serving` is called with the address of the pages and a function that stops the server. Raises OSError if
    the port is in use.
    """
    server = PromptServer(site.application(), lambda: None)

    def end() -> None:
        site.end()
        server.end()

    with listen(HOST, port) as listener:
        listener.listen()  # listen first, so that a client can connect as soon as the address is printed
        with serving(url_of(listener), end):
            asyncio.run(server.serve(sockets=[listener]))
