"""Runs the sandbox as a server on this machine, in the foreground or in a background thread."""

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

from provisioner.sandbox.http.app import build
from provisioner.sandbox.settings import Settings

# Seconds to wait for requests in flight when the server stops.
_PATIENCE = 2.0


def _websocket(**given: Any) -> asyncio.Protocol:
    """Return the protocol of a new WebSocket connection; its library is loaded only if there is one."""
    from uvicorn.protocols.websockets.websockets_sansio_impl import (  # noqa: PLC0415 - as above
        WebSocketsSansIOProtocol,
    )

    return WebSocketsSansIOProtocol(**given)


class _Server(uvicorn.Server):
    """
    uvicorn's server, changed to start and stop immediately.

    It calls `ready` when it accepts connections, leaves signals to its caller, and stops when any thread
    calls `end`, instead of checking ten times a second.
    """

    def __init__(self, settings: Settings, ready: Callable[[], None]) -> None:
        config = uvicorn.Config(
            build(settings),
            loop="asyncio",
            ws=_websocket,  # type: ignore[arg-type]  # a function is enough
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,  # responses have the sandbox's own time
        )
        super().__init__(config)
        self._ready = ready
        self._ended = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ended.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self._ready()

    async def main_loop(self) -> None:
        while not self.should_exit:
            await self.on_tick(0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), timeout=1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in self.servers:
            listening.close()
        for one in sockets or []:
            one.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=_PATIENCE)
        await self.lifespan.shutdown()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """
    Serve until SIGINT or SIGTERM.

    `ready` is called with the base URL when connections are accepted. Raises OSError if the port is in use
    or the state file cannot be used.
    """
    with _listener(settings) as listener:
        server = _Server(settings, lambda: ready(_url(listener)))

        async def main() -> None:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, server.end)
            await server.serve(sockets=[listener])

        asyncio.run(main())


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[str]:
    """
    Run the server in a background thread while the block runs, and yield its base URL.

    Raises the same errors as `serve`.
    """
    accepting = threading.Event()
    with _listener(settings) as listener:
        url = _url(listener)
        server = _Server(settings, accepting.set)

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


def _listener(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # asyncio sets TCP_NODELAY only if it knows that a socket is TCP; without it, responses take 40 ms more.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError:
        listener.close()
        raise
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
