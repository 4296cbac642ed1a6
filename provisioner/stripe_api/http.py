"""HTTP requests to Stripe, and the meaning of the status and the body of a response."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from provisioner.net.address import WebAddress
from provisioner.net.client import (
    CONNECTIONS,
    MEGABYTE,
    Bounds,
    BrokenError,
    HttpAnswer,
    HttpClient,
    TlsError,
    TooLargeError,
    UnreachableError,
)
from provisioner.stripe_api.credentials import STRIPE
from provisioner.stripe_api.failure import AnswerError, LostError, RefusalError

API_VERSION = "2026-10-28.endive"  # the API version that the kinds are written for (SDK: _api_version.py)
LARGEST = 32 * MEGABYTE  # a page of 100 cards has about 400 kB
WHOLE = 60.0  # seconds for one response, however slowly it arrives
OUTAGE_ADVICE = "See status.stripe.com, and run the command again later."
ELSEWHERE_ADVICE = "Check the server and the network, and run the command again."
REDIRECTS, REFUSALS = range(300, 400), 400

Read = Callable[[bytes], Any]

_all = msgspec.json.Decoder()


def values(body: bytes) -> Any:
    """Decode a JSON text; raises ValueError."""
    try:
        return _all.decode(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None


class Reply(Struct):
    """A response from Stripe."""

    data: Any
    """The decoded body."""
    headers: Mapping[str, str]
    """The headers; their names are case-insensitive."""

    @property
    def request_id(self) -> str:
        """Stripe's id of the request; empty if there is none."""
        return str(self.headers.get("request-id", ""))


class BoundedClient:
    """Sends requests to one address; `timeouts` are seconds to connect and seconds between two bytes."""

    def __init__(
        self,
        address: WebAddress,
        timeouts: tuple[float, float],
        clock: Callable[[], float] = time.monotonic,
        connections: int = CONNECTIONS,
    ) -> None:
        connect, read = timeouts
        self._client = HttpClient(address, Bounds(connect, read, WHOLE, LARGEST), clock, connections)
        is_stripe = address.origin == STRIPE
        self._server = "Stripe" if is_stripe else f"Stripe at {address.origin}"
        self._outage_advice = OUTAGE_ADVICE if is_stripe else ELSEWHERE_ADVICE
        self._has_answered = False
        # a stop ends the first requests immediately until the user has seen that they are retried
        self.unsaid = threading.Lock()

    @property
    def address(self) -> WebAddress:
        """The address that requests are sent to."""
        return self._client.address

    def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: str | bytes | None = None,
        *,
        within: float | None = None,
        read: Read = values,
    ) -> Reply:
        """
        Send one request and return the response; `read` decodes its body.

        Raises as `exchange` and `decode` do.
        """
        answer = self.exchange(method, path, headers, body, within=within)
        return Reply(decode(answer.body, read, f"{method} {path}"), answer.headers)

    def exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: str | bytes | None = None,
        *,
        within: float | None = None,
    ) -> HttpAnswer:
        """
        Send one request and return the response; `within` is the number of seconds that it may take.

        Raises RefusalError if Stripe rejects the request, LostError if there is no complete response, and
        AnswerError if the response may not be used.
        """
        try:
            answer = self._client.request(method, path, headers, body, within=within)
        except TlsError as error:
            raise AnswerError(f"cannot connect to {self._server}: {error}") from None
        except TooLargeError:
            raise AnswerError(f"Stripe's response is larger than {LARGEST // MEGABYTE} MB") from None
        except UnreachableError as error:
            # before the first response, a wrong address or a missing network is more likely than a short
            # outage
            says = f"cannot connect to {self._server}: {error.what}"
            raise LostError(says, error.advice, may_pass=self._has_answered) from None
        except BrokenError as error:
            raise LostError(error.what, self._outage_advice) from None
        self._has_answered = True
        if answer.status in REDIRECTS:
            raise AnswerError(
                f"Stripe's address redirects (HTTP {answer.status}); a key is never sent to another address"
            )
        if answer.status >= REFUSALS:
            raise RefusalError(answer.status, answer.headers, _details(answer.body))
        return answer

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


def decode(body: bytes, read: Read, asked: str) -> Any:
    """
    Decode the body of the response to `asked`, a method and a path.

    Raises AnswerError if it does not have the form that `read` expects, and LostError if it is not JSON.
    """
    try:
        return read(body)
    except msgspec.ValidationError as error:
        # msgspec's messages contain types and paths, but no values
        says = str(error).replace(" - at `$", " at `").replace("`.", "`")
        what = asked.partition("?")[0]
        raise AnswerError(
            f"Stripe's response to {what} does not have the expected form: {says[:1].lower()}{says[1:]}"
        ) from None
    except ValueError:
        raise LostError("Stripe's response is not JSON") from None


def _details(body: bytes) -> Mapping[str, Any]:
    """Return the `error` of a response, or one that says that there is none (a proxy's HTML page)."""
    try:
        error = values(body)["error"]
    except (ValueError, TypeError, KeyError):
        error = None
    if isinstance(error, dict) and all(
        isinstance(error.get(name), str | None) for name in ("type", "code", "message", "param")
    ):
        return error
    return {"type": "api_error", "message": "the response does not have the form of an error"}
