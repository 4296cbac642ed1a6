"""An HTTP client for one address, held to what a client that carries a secret must not do.

No redirect is followed and no cookie kept, no answer is read beyond a size or a time, nothing is retried, and
what is sent to this machine itself goes through no proxy.
"""

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
from provisioner.net.route import pool_to

CONNECTIONS = 32
CHUNK = 64 * 1024
MEGABYTE = 1024 * 1024
NOTHING: Mapping[str, str] = MappingProxyType({})
UNREACHED = (ConnectTimeoutError, NameResolutionError, NewConnectionError, ProxyError)


class WireError(Exception):
    """There is no usable answer."""


class UnreachableError(WireError):
    """Nobody could be connected to, so nothing has been sent."""


class BrokenError(WireError):
    """The answer broke off; the request may have been received."""


class LateError(BrokenError):
    """The answer did not come in time."""


class TooLargeError(WireError):
    """The answer is larger than it may be."""


class CertificateError(WireError):
    """The certificate of the address cannot be verified."""


class Bounds(Struct, frozen=True):
    """How long one request may take and how large its answer may be."""

    connect: float
    """Seconds to connect."""
    read: float
    """Seconds without a byte."""
    whole: float
    """Seconds from sending the request to the last byte of the answer."""
    largest: int
    """Bytes of the body, unpacked; headers and packing may add as much again on the wire."""


class HttpAnswer(Struct, frozen=True):
    """What was answered, whatever its status."""

    status: int
    """The HTTP status."""
    headers: Mapping[str, str]
    """The headers; their names are found in upper and lower case."""
    body: bytes
    """The body, unpacked."""


class HttpClient:
    """Sends requests to one address, from any thread."""

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
        Send one request and return the answer.

        `within` is a shorter time than the bounds allow. With `peek` only so many bytes of the body are read.
        Raises WireError.
        """
        seconds = self._bounds.whole if within is None else min(within, self._bounds.whole)
        budget = TimeBudget(self._clock() + seconds, 2 * self._bounds.largest, self._clock)
        token = current.set(budget)
        try:
            return self._send(method, path, headers, body, seconds, peek)
        except UNREACHED as error:
            raise UnreachableError from error
        except SSLError:
            raise CertificateError from None
        except (HTTPError, OSError) as error:
            if budget.is_full:
                raise TooLargeError from error
            late = budget.is_late or isinstance(error, Urllib3TimeoutError)
            raise (LateError if late else BrokenError) from error
        finally:
            current.reset(token)

    def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: str | bytes | None,
        seconds: float,
        peek: int | None,
    ) -> HttpAnswer:
        bounds = self._bounds
        answer = self._pool.request(
            method,
            f"{self.address.origin}{path}",
            headers=headers,
            body=body,
            redirect=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=min(seconds, bounds.connect), read=min(seconds, bounds.read)),
        )
        try:
            return HttpAnswer(answer.status, answer.headers, _read(answer, bounds.largest, peek))
        finally:
            answer.close()

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
                raise TooLargeError
    except SSLError as error:  # a line that breaks: the certificate has been seen by now
        raise BrokenError from error
    return b"".join(chunks)
