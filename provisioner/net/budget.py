"""
Limits the size and duration of one HTTP response, from the first byte of its headers to its last.

The timeout of a socket starts again with each byte, and http.client reads headers and trailers without a
limit. So the limits are enforced where bytes are received.
"""

import io
import socket
from collections.abc import Callable
from contextvars import ContextVar
from http.client import HTTPResponse
from typing import Any

from msgspec import Struct
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

BUFFER = 64 * 1024


class TimeBudget(Struct):
    """The time and the number of bytes that are left for one response."""

    end: float
    """The time of `clock` by which the response must be complete."""
    size: int
    """The number of bytes that may still be received; below 0 if too many were."""
    clock: Callable[[], float]
    """Returns monotonic seconds."""

    @property
    def is_late(self) -> bool:
        """True if the time is used up."""
        return self.clock() >= self.end

    @property
    def is_full(self) -> bool:
        """True if more bytes were received than allowed."""
        return self.size < 0

    def check(self) -> float:
        """Return the seconds that are left; raises TimeoutError, or OSError for too many bytes."""
        left = self.end - self.clock()
        if left <= 0:
            raise TimeoutError("the response was not complete in time")
        if self.is_full:
            raise OSError("the response is too large")
        return left


current: ContextVar[TimeBudget] = ContextVar("current")


class _Metered(io.RawIOBase):
    """Reads from a socket within a time budget."""

    def __init__(self, sock: socket.socket, budget: TimeBudget) -> None:
        self._sock, self._budget = sock, budget
        self._raw = sock.makefile("rb", buffering=0)
        self._socket_timeout = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._budget.check()
        self._sock.settimeout(left if self._socket_timeout is None else min(left, self._socket_timeout))
        count = self._raw.readinto(buffer)
        self._budget.size -= count or 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Wire:
    """A socket in the form that http.client reads from."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Metered(self._sock, current.get()), BUFFER)


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *words: Any, **named: Any) -> None:
        super().__init__(_Wire(sock), *words, **named)  # type: ignore[arg-type]  # only makefile is called


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _BoundedPool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _BoundedSecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS = {"http": _BoundedPool, "https": _BoundedSecurePool}
