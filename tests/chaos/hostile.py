"""A server that answers as a script says, byte by byte, whatever it is asked."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

Script = Callable[[int, bytes], bytes]


@dataclass
class Hostile:
    """Answers request number n with `script(n, request)`; `asked` holds what it was sent."""

    script: Script
    asked: list[bytes] = field(default_factory=list)
    base: str = ""

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                request = _read(connection)
                self.asked.append(request)
                connection.sendall(self.script(len(self.asked) - 1, request))
            except OSError:
                return


def _read(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return data
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(body: str | bytes, status: str = "200 OK", headers: Sequence[str] = ()) -> bytes:
    """One HTTP answer."""
    data = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(data)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


def error(status: str, code: str, message: str = "no", headers: Sequence[str] = ()) -> bytes:
    """A refusal of Stripe's form."""
    body = f'{{"error": {{"type": "api_error", "code": "{code}", "message": "{message}"}}}}'
    return answer(body, status, headers)


@contextmanager
def hostile(script: Script | Sequence[bytes]) -> Iterator[Hostile]:
    """A server for the block; of a sequence the last answer is repeated."""
    given = script if callable(script) else lambda n, _request: script[min(n, len(script) - 1)]
    server = Hostile(given)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()
