"""HTTP to Stripe, held to what a client that carries a key must not do.

No redirect is followed and no cookie kept, no answer is read beyond a size or a time, and what is sent
to this machine itself goes through no proxy.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import urllib3
from msgspec import Struct
from urllib3.exceptions import HTTPError, LocationValueError, SSLError

from provisioner.stripe_api.body import Read, values
from provisioner.stripe_api.failure import AnswerError, LostError, RefusalError
from provisioner.stripe_api.route import pool_through

LARGEST = 32 * 1024 * 1024  # bytes of one answer; a page of a hundred cards has about 400 kB
WHOLE = 90.0  # seconds for all of one answer, however it trickles in
CONNECTIONS = 32
CHUNK = 64 * 1024
REDIRECTS, REFUSALS = range(300, 400), 400


class Reply(Struct):
    """An answer: the values of its JSON, and its headers, in any case of letters."""

    data: Any
    headers: Mapping[str, str]

    @property
    def request_id(self) -> str:
        """Stripe's name for the request; empty where it gave none."""
        return str(self.headers.get("request-id", ""))


class BoundedClient:
    """Sends requests to one address; `timeouts` are seconds to connect and for each read."""

    def __init__(
        self,
        base: str,
        timeouts: tuple[float, float],
        clock: Callable[[], float] = time.monotonic,
        connections: int = CONNECTIONS,
    ) -> None:
        connect, read = timeouts
        self._clock = clock
        self._pool = pool_through(
            base,
            maxsize=connections,
            timeout=urllib3.Timeout(connect=connect, read=read),
            retries=False,
        )

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: str | bytes | None = None,
        read: Read = values,
    ) -> Reply:
        """
        Send one request and return the answer; `read` makes values of its body, or raises ValueError.

        Raises RefusalError where Stripe refuses, LostError where there is no whole answer or it is no
        JSON, and AnswerError where there is one that may not be used.
        """
        started = self._clock()
        try:
            answer = self._pool.request(
                method, url, headers=headers, body=body, redirect=False, preload_content=False
            )
            try:
                if answer.status in REDIRECTS:
                    raise AnswerError(
                        f"Stripe's address redirects (HTTP {answer.status}); a key is never sent on"
                    )
                said = self._body(answer, started)
            finally:
                answer.close()
        except SSLError:
            raise AnswerError("the certificate of Stripe's address cannot be verified") from None
        except (ValueError, LocationValueError) as error:
            raise AnswerError(f"Stripe's address cannot be used ({type(error).__name__})") from None
        except (HTTPError, OSError):
            raise LostError from None
        if answer.status >= REFUSALS:
            raise RefusalError(answer.status, answer.headers, _details(said))
        try:
            return Reply(read(said), answer.headers)
        except ValueError:
            raise LostError("has given an answer that is no JSON") from None

    def _body(self, raw: urllib3.BaseHTTPResponse, started: float) -> bytes:
        chunks: list[bytes] = []
        size = 0
        try:
            while chunk := raw.read1(CHUNK, decode_content=True):
                chunks.append(chunk)
                size += len(chunk)
                if size > LARGEST:
                    raise AnswerError(f"Stripe's answer is larger than {LARGEST // 1024 // 1024} MB")
                if self._clock() - started > WHOLE:
                    raise LostError
        except SSLError:  # a line that breaks: the certificate has been seen by now
            raise LostError from None
        return b"".join(chunks)

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()


def _details(body: bytes) -> Mapping[str, Any]:
    """What a refusal says, or that it is not in Stripe's form (a proxy's page of HTML)."""
    try:
        error = values(body)["error"]
    except (ValueError, TypeError, KeyError):
        error = None
    if isinstance(error, dict) and all(isinstance(v, str | None) for v in map(error.get, ("type", "code"))):
        return error
    return {"type": "api_error", "message": "the answer is not in the form of an error"}
