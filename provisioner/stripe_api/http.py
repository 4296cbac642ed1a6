"""HTTP for the SDK, held to what a client that carries a key must not do.

No redirect is followed and no cookie kept, no answer is read beyond a size or a time, and what is sent
to this machine itself goes through no proxy.
"""

import json
import time
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
import stripe
import urllib3
from requests.adapters import HTTPAdapter

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LARGEST = 32 * 1024 * 1024  # bytes of one answer; a page of a hundred cards has about 400 kB
WHOLE = 90.0  # seconds for all of one answer, however it trickles in
CONNECTIONS = 32
CHUNK = 64 * 1024
REDIRECTS, REFUSALS = range(300, 400), 400


class AnswerError(stripe.APIConnectionError):
    """An answer that cannot be used; `says` why. Raised where another try would end alike."""

    def __init__(self, says: str) -> None:
        self.says = says
        super().__init__(says, should_retry=False)  # type: ignore[no-untyped-call]


class LostError(stripe.APIConnectionError):
    """No answer, or none that can be read; another try may bring it. `says` which."""

    def __init__(self, says: str = "could not be reached, or did not answer in time") -> None:
        self.says = says
        super().__init__(says, should_retry=True)  # type: ignore[no-untyped-call]


class SetAside(requests.structures.CaseInsensitiveDict[str]):
    """
    The headers of an answer, and its `body` as plain values.

    The SDK would read it into OrderedDicts, four times as slow. Raises LostError where it is no JSON.
    """

    def __init__(self, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(headers)
        try:
            self.body: Any = orjson.loads(body)
        except ValueError:
            raise LostError("has given an answer that is no JSON") from None


class BoundedClient(stripe.HTTPClient):
    """Sends the SDK's requests; `timeouts` are seconds to connect and for each read."""

    name = "requests"

    def __init__(
        self,
        base: str,
        timeouts: tuple[float, float],
        clock: Callable[[], float] = time.monotonic,
        connections: int = CONNECTIONS,
    ) -> None:
        super().__init__()
        self._timeouts = timeouts
        self._clock = clock
        self._session = requests.Session()
        # or a ~/.netrc would put another Authorization in the place of the key
        self._session.auth = _as_it_is
        self._session.trust_env = urlsplit(base).hostname not in LOOPBACK
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=connections))

    def request(  # type: ignore[override]  # SDK: bytes are what its own client answers, too
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """
        Send one request and return body, status and headers.

        Raises stripe.APIConnectionError where there is no whole answer, or none that may be used.
        """
        started = self._clock()
        try:
            with self._session.request(
                method,
                url,
                headers=headers,
                data=post_data,
                timeout=self._timeouts,
                allow_redirects=False,
                stream=True,
            ) as answer:
                if answer.status_code in REDIRECTS:
                    raise AnswerError(
                        f"Stripe's address redirects (HTTP {answer.status_code}); a key is never sent on"
                    )
                body = self._body(answer.raw, started)
        except requests.exceptions.SSLError:
            raise AnswerError("the certificate of Stripe's address cannot be verified") from None
        except ValueError as error:
            raise AnswerError(f"Stripe's address cannot be used ({type(error).__name__})") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError):
            raise LostError from None
        if answer.status_code >= REFUSALS:
            body = _refusal(body)
            return body, answer.status_code, answer.headers
        return b"{}", answer.status_code, SetAside(answer.headers, body)

    def _body(self, raw: Any, started: float) -> bytes:
        chunks: list[bytes] = []
        size = 0
        while chunk := raw.read1(CHUNK, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > LARGEST:
                raise AnswerError(f"Stripe's answer is larger than {LARGEST // 1024 // 1024} MB")
            if self._clock() - started > WHOLE:
                raise LostError
        return b"".join(chunks)

    def close(self) -> None:
        """Close all connections."""
        self._session.close()


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _refusal(body: bytes) -> bytes:
    """A refusal that is not in Stripe's form (a proxy's page of HTML) as one that says nothing."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, TypeError, KeyError, RecursionError):
        error = None
    if isinstance(error, dict) and all(isinstance(v, str | None) for v in map(error.get, ("type", "code"))):
        return body
    return b'{"error": {"type": "api_error", "message": "the answer is not in the form of an error"}}'
