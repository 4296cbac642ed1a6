"""One request to Stripe, as often as it takes: rate limits, retries, time-outs.

The SDK itself retries neither 429 nor reads Retry-After (SDK: _http_client.py), so it is told not to
retry at all, and every attempt of ours carries the same idempotency key.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from threading import Event
from typing import Any

import stripe

from provisioner.core.problem import ProvisionerError, StripeError
from provisioner.stripe_api.circuit import Circuit
from provisioner.stripe_api.errors import translate
from provisioner.stripe_api.http import BoundedClient, SetAside
from provisioner.stripe_api.pace import Limits, Pace
from provisioner.stripe_api.retry import REPLAYED, SERVER_ERRORS, for_concurrency, retrying

TIMEOUTS = (5.0, 40.0)  # seconds to connect, and for each read
STRIPE = "https://api.stripe.com"

log = logging.getLogger(__name__)

# STRIPE_LOG=debug would have the SDK print whole requests, personal data and all
stripe._util.STRIPE_LOG = None  # noqa: SLF001 - it is read once, at import (SDK: _util.py)
stripe.enable_telemetry = False

Gate = Callable[[], AbstractContextManager[None]]


class Transport:
    """
    Sends requests with one key, within the limits, and retries what Stripe says may be retried.

    Once `stop` is set nothing is retried any more and no wait goes on. `sleep` and `clock` count seconds.
    `http` holds connections that transports of several accounts share, and `gate` is held around every
    attempt of every request: a limit that they have together.
    """

    def __init__(  # noqa: PLR0913 - each is a seam of its own
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
    ) -> None:
        self.stop = Event()
        self._key = api_key
        self._http = http or BoundedClient(api_base or STRIPE, timeouts)
        self._client = stripe.StripeClient(
            api_key,
            stripe_account=account,
            base_addresses={"api": api_base} if api_base else None,
            max_network_retries=0,
            http_client=self._http,
        )
        self._pace = Pace(limits)
        self._gate = gate
        self._circuit = Circuit(clock)
        self._retrying = retrying(self.stop, sleep or self._rest)

    def send(
        self, method: str, resource: str, params: Mapping[str, Any], key: str | None = None
    ) -> stripe.StripeResponse:
        """
        Send one request to `/v1/<resource>` and return the answer.

        Raises StripeError or AccessError; then either Stripe refused, or all attempts are used up.
        OutageError says that nothing more should be sent.
        """
        options = {"idempotency_key": key} if key else {}
        try:
            return self._retrying.copy()(self._once, method, resource, {**params, **options})
        except stripe.StripeError as error:
            log.debug("%s /v1/%s failed: %s %s", method, resource, error.http_status, error.request_id)
            raise translate(error, params, self._key) from None
        except ProvisionerError:
            raise
        except Exception as error:  # noqa: BLE001 - the SDK stumbles in many ways over what is not Stripe's
            raise StripeError(
                f"Stripe's answer to {method} {resource} is unreadable: {type(error).__name__}"
            ) from None

    @property
    def secret(self) -> str:
        """A digest of the key: a secret that whoever holds the key can make again."""
        return hashlib.sha256(self._key.encode()).hexdigest()

    @property
    def limits(self) -> Limits:
        """The limits that it keeps."""
        return self._pace.limits

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _once(self, method: str, resource: str, params: dict[str, Any]) -> stripe.StripeResponse:
        with self._pace.turn(method, resource):
            self._circuit.check()
            begun = time.monotonic()
            try:
                with self._gate():
                    answer: stripe.StripeResponse = self._client.raw_request(
                        method.lower(), f"/v1/{resource}", **params
                    )
                if isinstance(answer.headers, SetAside):
                    answer.data = answer.headers.body
            except stripe.StripeError as error:
                self._learn(error)
                raise
        self._circuit.answered()
        self._pace.answered()
        took = round((time.monotonic() - begun) * 1000)
        facts = {"method": method, "path": f"/v1/{resource}", "request_id": answer.request_id, "ms": took}
        log.debug("%s /v1/%s %s %s ms", method, resource, answer.request_id, took, extra={"facts": facts})
        return answer

    def _learn(self, error: stripe.StripeError) -> None:
        fresh = (error.headers or {}).get(REPLAYED) != "true"
        if isinstance(error, stripe.APIConnectionError) or (
            fresh and (error.http_status or 0) >= SERVER_ERRORS
        ):
            self._circuit.failed()
        else:
            self._circuit.answered()
        if for_concurrency(error):
            self._pace.fewer()

    def _rest(self, seconds: float) -> None:
        self.stop.wait(seconds)
