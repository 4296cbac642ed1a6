"""The sandbox as a server on the loopback interface: in this process's thread, or in the foreground."""

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn

from provisioner.sandbox.app import build
from provisioner.sandbox.settings import Settings

_HOST = "127.0.0.1"


class _Server(uvicorn.Server):
    """uvicorn's server, telling when it accepts connections and leaving signals to its caller."""

    def __init__(self, settings: Settings, ready: Callable[[], None]) -> None:
        config = uvicorn.Config(
            build(settings),
            loop="asyncio",
            ws="none",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """
    Serve until SIGINT or SIGTERM.

    `ready` is called with the base URL once connections are accepted. Raises OSError when the
    port is taken or the state file cannot be opened.
    """
    with _listener(settings.port) as listener:
        server = _Server(settings, lambda: ready(_url(listener)))

        async def main() -> None:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, lambda: setattr(server, "should_exit", True))
            await server.serve(sockets=[listener])

        asyncio.run(main())


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[str]:
    """
    The same server in a background thread for as long as the block runs; yields its base URL.

    Raises OSError as `serve` does.
    """
    accepting = threading.Event()
    with _listener(settings.port) as listener:
        server = _Server(settings, accepting.set)
        thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[listener])), name="sandbox", daemon=True
        )
        thread.start()
        accepting.wait()
        try:
            yield _url(listener)
        finally:
            server.should_exit = True
            thread.join()


def _listener(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError:
        listener.close()
        raise
    return listener


def _url(listener: socket.socket) -> str:
    return f"http://{_HOST}:{listener.getsockname()[1]}"
