"""An HTTP client for one address that is safe for requests with a secret.

It follows no redirects, keeps no cookies, retries nothing, limits the size and the duration of each response,
and sends requests to this machine directly, never through a proxy.
"""

import ssl
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

import urllib3
from msgspec import Struct
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    SSLError,
)
from urllib3.exceptions import TimeoutError as Urllib3TimeoutError

from provisioner.net.address import WebAddress
from provisioner.net.budget import POOLS, TimeBudget, current
from provisioner.net.causes import cause_of
from provisioner.net.route import pool_to

CONNECTIONS = 32
CHUNK = 64 * 1024
MEGABYTE = 1024 * 1024
NOTHING: Mapping[str, str] = MappingProxyType({})
UNREACHED = (ConnectTimeoutError, NameResolutionError, NewConnectionError, ProxyError)
BROKEN_TLS = (ssl.SSLEOFError, ssl.SSLZeroReturnError)  # the server closed the connection


class WireError(Exception):
    """There is no usable response; `what` says why, and `advice` what to check."""

    def __init__(self, what: str, advice: str = "") -> None:
        self.what, self.advice = what, advice
        super().__init__(f"{what}. {advice}" if advice else what)


class UnreachableError(WireError):
    """There was no connection, so no request was sent."""


class BrokenError(WireError):
    """The connection broke before the response was complete; the request may have been received."""


class LateError(BrokenError):
    """The response was not complete in time; the request may have been received."""


class TooLargeError(WireError):
    """The response is larger than the limit."""


class TlsError(WireError):
    """TLS failed: a certificate that cannot be verified, or a server that does not speak TLS."""


class Bounds(Struct, frozen=True):
    """Limits on the duration of one request and the size of its response."""

    connect: float
    """Seconds to connect."""
    read: float
    """Seconds without receiving a byte."""
    whole: float
    """Seconds from sending the request to the last byte of the response."""
    largest: int
    """Bytes of the decompressed body; as sent, with headers, a response may have twice as many."""


class HttpAnswer(Struct, frozen=True):
    """A response of any status."""

    status: int
    """The HTTP status."""
    headers: Mapping[str, str]
    """The headers; their names are case-insensitive."""
    body: bytes
    """The decompressed body."""


class HttpClient:
    """Sends requests to one address; safe to use from several threads."""

    def __init__(
        self,
        address: WebAddress,
        bounds: Bounds,
        clock: Callable[[], float] = time.monotonic,
        connections: int = CONNECTIONS,
    ) -> None:
        self.address, self._bounds, self._clock = address, bounds, clock
        self._pool = pool_to(address, maxsize=connections, retries=False)
        self._pool.pool_classes_by_scheme = POOLS

    def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] = NOTHING,
        body: str | bytes | None = None,
        *,
        within: float | None = None,
        peek: int | None = None,
    ) -> HttpAnswer:
        """
        Send one request and return the response.

        `within` shortens the time that the bounds allow (seconds). With `peek`, only that many bytes of the
        body are read. Raises WireError.
        """
        bounds = self._bounds
        seconds = bounds.whole if within is None else min(within, bounds.whole)
        budget = TimeBudget(self._clock() + seconds, 2 * bounds.largest, self._clock)
        timeout = urllib3.Timeout(connect=min(seconds, bounds.connect), read=min(seconds, bounds.read))
        token = current.set(budget)
        try:
            answer = self._pool.request(
                method,
                f"{self.address.origin}{path}",
                headers=headers,
                body=body,
                redirect=False,
                preload_content=False,
                timeout=timeout,
            )
            try:
                return HttpAnswer(answer.status, answer.headers, _read(answer, self._bounds.largest, peek))
            finally:
                answer.close()
        except (HTTPError, OSError) as error:
            raise self._failure(error, budget, timeout, seconds) from error
        finally:
            current.reset(token)

    def _failure(
        self, error: Exception, budget: TimeBudget, timeout: urllib3.Timeout, seconds: float
    ) -> WireError:
        """Return our error for an error raised by urllib3 or the operating system."""
        host, port = self.address.host, self.address.port
        cause = cause_of(error, host, port, self._pool.proxy, timeout)
        if isinstance(error, UNREACHED):
            return UnreachableError(*cause)
        if isinstance(error, SSLError) and not isinstance(error.args[0], BROKEN_TLS):
            return TlsError(*cause)
        if budget.is_full:
            return TooLargeError(f"the response of {host}:{port} is too large")
        if budget.is_late:
            return LateError(f"no complete response from {host}:{port} within {seconds:.0f} s")
        return LateError(*cause) if isinstance(error, Urllib3TimeoutError) else BrokenError(*cause)

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()


def _read(answer: urllib3.BaseHTTPResponse, largest: int, peek: int | None) -> bytes:
    if peek is not None:
        return answer.read1(peek, decode_content=True)
    chunks: list[bytes] = []
    size = 0
    try:
        while chunk := answer.read1(CHUNK, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > largest:
                raise TooLargeError("the response is too large")
    except SSLError as error:  # the connection broke after the certificate was accepted
        raise BrokenError("the TLS connection broke before the response was complete") from error
    return b"".join(chunks)
