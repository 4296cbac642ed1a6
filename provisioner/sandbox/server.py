"""Runs the sandbox as a server on this machine, in the foreground or in a background thread."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator

from provisioner.sandbox.http.app import build
from provisioner.sandbox.http.prompt_server import PromptServer, listen, serve_app, url_of
from provisioner.sandbox.settings import Settings


def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """
    Serve until SIGINT or SIGTERM.

    `ready` is called with the base URL when connections are accepted. Raises OSError if the port is in use
    or the state file cannot be used.
    """
    with listen(settings.host, settings.port) as listener:
        serve_app(build(settings), listener, lambda: ready(url_of(listener)))


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[str]:
    """
    Run the server in a background thread while the block runs, and yield its base URL.

    Raises the same errors as `serve`.
    """
    accepting = threading.Event()
    with listen(settings.host, settings.port) as listener:
        url = url_of(listener)
        server = PromptServer(build(settings), accepting.set)

        def run() -> None:
            try:
                asyncio.run(server.serve(sockets=[listener]))
            finally:
                accepting.set()

        thread = threading.Thread(target=run, name="sandbox", daemon=True)
        thread.start()
        accepting.wait()
        try:
            yield url
        finally:
            server.end()
            thread.join()
