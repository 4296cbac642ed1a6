"""How much of one answer is read, and for how long, from the first byte of its headers to its last.

A time-out of a socket starts again with each byte, and http.client reads headers and trailers without an
end; so the bounds are kept where the bytes come in.
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
    """What is left for one answer."""

    end: float
    """When it must have come, by the clock."""
    size: int
    """How many bytes may still come."""
    clock: Callable[[], float]
    """Counts seconds."""

    @property
    def is_late(self) -> bool:
        """Whether the time is used up."""
        return self.clock() >= self.end

    @property
    def is_full(self) -> bool:
        """Whether more bytes came than may."""
        return self.size < 0

    def check(self) -> float:
        """Return the seconds that are left; raises TimeoutError, and OSError when too much has come."""
        left = self.end - self.clock()
        if left <= 0:
            raise TimeoutError("the answer did not come in time")
        if self.is_full:
            raise OSError("the answer is too large")
        return left


current: ContextVar[TimeBudget] = ContextVar("current")


class _Metered(io.RawIOBase):
    """What comes through a socket, within a budget."""

    def __init__(self, sock: socket.socket, budget: TimeBudget) -> None:
        self._sock, self._budget = sock, budget
        self._raw = sock.makefile("rb", buffering=0)
        self._patience = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._budget.check()
        self._sock.settimeout(left if self._patience is None else min(left, self._patience))
        count = self._raw.readinto(buffer)
        self._budget.size -= count or 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Wire:
    """A socket as http.client reads one."""

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
