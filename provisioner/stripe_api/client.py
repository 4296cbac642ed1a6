"""Sends requests to Stripe within the rate limits, and retries those that fail.

All attempts of one request carry the same idempotency key.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from threading import Event
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from provisioner._version import __version__
from provisioner.core.model.errors import ProvisionerError, StripeError
from provisioner.net.address import parse_origin
from provisioner.stripe_api.circuit_breaker import Circuit
from provisioner.stripe_api.credentials import STRIPE
from provisioner.stripe_api.failure import CallError, LostError
from provisioner.stripe_api.http import API_VERSION, BoundedClient, Read, Reply, values
from provisioner.stripe_api.personal import Words, words_of
from provisioner.stripe_api.rate_limit import Limits, Pace, go_on
from provisioner.stripe_api.retry import REPLAYED, SERVER_ERRORS, for_concurrency, is_busy, may_retry
from provisioner.stripe_api.translate import translate

TIMEOUTS = (5.0, 40.0)  # seconds to connect, and for each read

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from provisioner.stripe_api.sdk import SdkWriter

Gate = Callable[[], AbstractContextManager[None]]


class Transport:
    """
    Sends requests with one key within the rate limits, and retries those that Stripe allows to be retried.

    Once `stop` is set (by default an event that only this transport uses), nothing is retried, waits end, and
    requests that give up are not sent. `sleep` and `clock` count seconds. `http` holds connections that
    transports of several accounts share. `gate` is entered around every attempt of every request; it is a
    limit that these transports share.
    """

    def __init__(  # noqa: PLR0913 - each can be replaced separately
        self,
        api_key: str,
        *,
        limits: Limits,
        account: str | None = None,
        api_base: str | None = None,
        timeouts: tuple[float, float] = TIMEOUTS,
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        http: BoundedClient | None = None,
        gate: Gate = nullcontext,
        stop: Event | None = None,
    ) -> None:
        self._hidden: Callable[[], Iterable[str]] = tuple
        self._date = ""
        self.stop = stop or Event()
        self._key = api_key
        self._http = http or BoundedClient(parse_origin(api_base or STRIPE), timeouts)
        self.account = account
        self._pace = Pace(limits)
        self._gate = gate
        self._circuit = Circuit(clock)
        self._sleep: Callable[[float], Any] = sleep or self.stop.wait

    def send(
        self,
        method: str,
        resource: str,
        params: Mapping[str, Any],
        key: str | None = None,
        *,
        gives_up: bool = False,
        private: bool = False,
        read: Read = values,
    ) -> Reply:
        """
        Send one request to `/v1/<resource>` and return the response.

        `read` decodes the body. If `private` is set, errors do not contain Stripe's message. A request with
        `gives_up` raises NotSentError if `stop` is set before its first attempt is sent; later attempts are
        still sent, because they show the outcome of the first. Raises StripeError or AccessError if Stripe
        rejected the request or all attempts failed, and OutageError if no more requests should be sent.
        """
        stops = [self.stop] if gives_up else []

        def once(within: float | None = None) -> Reply:
            return self._once(method, resource, params, key, stops.pop() if stops else None, read, within)

        try:
            return self._attempt(once)
        except CallError as error:
            raise translate(error, params, self._key, None if private else self._words) from None
        except ProvisionerError:
            raise
        except Exception as error:  # noqa: BLE001 - the SDK raises many kinds of errors for responses that are not Stripe's
            raise StripeError(
                f"Stripe's response to {method} {resource} cannot be read: {type(error).__name__}"
            ) from None

    def _attempt(self, once: Callable[..., Reply]) -> Reply:
        """Make a request, and retry it as long as that is allowed."""
        begun = time.monotonic()
        try:
            return once()
        except CallError as failed:
            if not may_retry(failed):
                raise
            from provisioner.stripe_api.retry_loop import again  # noqa: PLC0415 - cold start: few requests fail

            return again(failed, once, begun, self.stop, self._sleep, self._say_once)

    def _say_once(self, failed: CallError, left: float) -> None:
        """Log the reason for a long wait, once for all waits of a run."""
        if self._http.unsaid.acquire(blocking=False):
            what = failed.says if isinstance(failed, LostError) else f"Stripe returned {failed.status}"
            busy = " (too many requests, or another request on the same object)" if is_busy(failed) else ""
            log.info("%s%s; retrying for up to %.0f s", what, busy, left)

    def hide(self, texts: Callable[[], Iterable[str]]) -> None:
        """Remove the words of `texts` from error messages; `texts` is called at the first error."""
        self._hidden = texts
        self.__dict__.pop("_words", None)

    @property
    def base(self) -> str:
        """The address to which requests are sent."""
        return self._http.address.origin

    @property
    def secret(self) -> str:
        """A digest of the key: a secret that anyone with the key can compute."""
        return hashlib.sha256(self._key.encode()).hexdigest()

    @property
    def now(self) -> int:
        """The time by Stripe's clock at its latest response (Unix seconds); 0 if it is not known."""
        from email.utils import parsedate_to_datetime  # noqa: PLC0415 - cold start

        try:
            return int(parsedate_to_datetime(self._date).timestamp()) if self._date else 0
        except (TypeError, ValueError):
            return 0

    @property
    def limits(self) -> Limits:
        """The rate limits."""
        return self._pace.limits

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _once(
        self,
        method: str,
        resource: str,
        params: Mapping[str, Any],
        key: str | None,
        stop: Event | None,
        read: Read,
        within: float | None,
    ) -> Reply:
        with self._pace.turn(method, resource, stop):
            self._circuit.check()
            begun = time.monotonic()
            try:
                with self._gate():
                    go_on(stop)
                    answer = self._reply(method, resource, params, key, read, within)
            except CallError as error:
                _say(method, resource, error.headers.get("request-id", ""), begun, error.status)
                fresh = error.headers.get(REPLAYED) != "true"
                if not error.status or (fresh and error.status >= SERVER_ERRORS):
                    self._circuit.failed()
                else:
                    self._circuit.answered()
                if for_concurrency(error):
                    self._pace.fewer()
                raise
        self._date = answer.headers.get("date", "")
        self._circuit.answered()
        self._pace.answered()
        _say(method, resource, answer.request_id, begun)
        return answer

    def _reply(
        self,
        method: str,
        resource: str,
        params: Mapping[str, Any],
        key: str | None,
        read: Read,
        within: float | None,
    ) -> Reply:
        if method == "GET":
            query = f"?{urlencode(list(_flat(params)))}" if params else ""
            path = f"/v1/{resource}{query}"
            return self._http.request(method, path, self._headers, within=within, read=read)
        return self._writer.send(method, resource, params, key, read, within)

    @cached_property
    def _words(self) -> Words:
        return words_of(self._hidden())

    @cached_property
    def _headers(self) -> Mapping[str, str]:
        headers = {
            "Authorization": f"Bearer {self._key}",
            "Stripe-Version": API_VERSION,
            "User-Agent": f"provisioner/{__version__}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
        }
        return headers | ({"Stripe-Account": self.account} if self.account else {})

    @cached_property
    def _writer(self) -> "SdkWriter":
        from provisioner.stripe_api.sdk import SdkWriter  # noqa: PLC0415 - cold start: most commands only read

        return SdkWriter(self._key, API_VERSION, self.account, self._http)

    def wait(self, seconds: float) -> bool:
        """Wait, unless `stop` is set; returns False if it is set."""
        if not self.stop.is_set():
            self._sleep(seconds)
        return not self.stop.is_set()


def _say(method: str, resource: str, request_id: str, begun: float, status: int | None = None) -> None:
    """Log a request that has ended; `status` is the status of a failure, 0 if there was no response."""
    took = round((time.monotonic() - begun) * 1000)
    facts = {"method": method, "path": f"/v1/{resource}", "request_id": request_id, "ms": took}
    failed = f" failed: {status}" if status is not None else ""
    facts |= {"status": status} if failed else {}
    log.debug("%s /v1/%s%s %s %s ms", method, resource, failed, request_id, took, extra={"facts": facts})


def _flat(params: Mapping[str, Any], outer: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the parameters of a list request, with brackets for ranges and for several values."""
    for name, value in params.items():
        path = f"{outer}[{name}]" if outer else name
        if isinstance(value, Mapping):
            yield from _flat(value, path)
        elif isinstance(value, (list, tuple)):
            yield from ((f"{path}[{n}]", each) for n, each in enumerate(value))
        else:
            yield path, value
