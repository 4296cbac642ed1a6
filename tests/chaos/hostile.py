"""A server that answers as a script says, byte by byte, whatever it is asked."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Script = Callable[[int, bytes], bytes]


@dataclass
class Hostile:
    """Answers request number n with `script(n, request)`; `asked` holds what it was sent."""

    script: Script
    asked: list[bytes] = field(default_factory=list)
    base: str = ""
    tls: ssl.SSLContext | None = None

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), self.tls.wrap_socket(connection, True) if self.tls else connection as there:
            request = _read(there)
            self.asked.append(request)
            there.sendall(self.script(len(self.asked) - 1, request))


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
def hostile(script: Script | Sequence[bytes], tls: ssl.SSLContext | None = None) -> Iterator[Hostile]:
    """A server for the block, by https with `tls`; of a sequence the last answer is repeated."""
    given = script if callable(script) else lambda n, _request: script[min(n, len(script) - 1)]
    server = Hostile(given, tls=tls)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.base = f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()
