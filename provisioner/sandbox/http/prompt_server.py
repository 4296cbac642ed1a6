"""A uvicorn server that starts and stops immediately."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp

# Seconds to wait for requests in flight when the server stops.
_PATIENCE = 2.0


def _websocket(**given: Any) -> asyncio.Protocol:
    """Return the protocol of a new WebSocket connection; its library is loaded only if there is one."""
    from uvicorn.protocols.websockets.websockets_sansio_impl import (  # noqa: PLC0415 - cold start: few connect
        WebSocketsSansIOProtocol,
    )

    return WebSocketsSansIOProtocol(**given)


class PromptServer(uvicorn.Server):
    """
    uvicorn's server, changed to start and stop immediately.

    It calls `ready` when it accepts connections, leaves signals to its caller, and stops when any thread
    calls `end`, instead of checking ten times a second.
    """

    def __init__(self, app: ASGIApp, ready: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,
            loop="asyncio",
            ws=_websocket,  # type: ignore[arg-type]  # a function is enough
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,  # the sandbox's responses have its own time
        )
        super().__init__(config)
        self._ready = ready
        self._ended = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """Stop the server, from any thread."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ended.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections, and call `ready`."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self._ready()

    async def main_loop(self) -> None:
        """Wait until `end` is called."""
        while not self.should_exit:
            await self.on_tick(0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), timeout=1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close all connections, after those with a request in flight have had a moment to finish."""
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
        """Leave signals to the caller."""
        yield


def serve_app(app: ASGIApp, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve an application in the foreground until SIGINT or SIGTERM; `ready` is called once it does."""
    server = PromptServer(app, ready)

    async def main() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):  # loops have no handlers of their own on Windows
            signal.signal(number, lambda _number, _frame: server.end())
        await server.serve(sockets=[listener])

    asyncio.run(main())


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to an address; raises OSError if it is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only if it knows that a socket is TCP; without it, responses take 40 ms more.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # on Windows, this would let two servers listen at one port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the URL of a bound socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
