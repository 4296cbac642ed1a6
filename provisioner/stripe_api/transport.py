"""One request to Stripe, as often as it takes: rate limits, retries, time-outs.

The SDK itself retries neither 429 nor reads Retry-After (SDK: _http_client.py), so it is told not to
retry at all, and every attempt of ours carries the same idempotency key.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import stripe
import tenacity
from pyrate_limiter import Limiter, Rate

from provisioner.core.problem import StripeError
from provisioner.stripe_api.errors import translate

TIMEOUT = (5.0, 40.0)  # seconds to connect, and to read
ATTEMPTS = 8
LONGEST_WAIT = 30.0
TOO_MANY, CONFLICT, SERVER_ERRORS = 429, 409, 500
SECOND = 1000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests a second: for each endpoint (GET one and POST one are two), and in all."""

    endpoint: float = 25.0
    total: float = 25.0


# docs.stripe.com/rate-limits
LIMITS = {"test": Limits(25.0, 25.0), "live": Limits(25.0, 100.0)}


class Transport:
    """Sends requests with one key, within the limits, and retries what Stripe says may be retried."""

    def __init__(
        self,
        api_key: str,
        *,
        limits: Limits,
        account: str | None = None,
        api_base: str | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._client = stripe.StripeClient(
            api_key,
            stripe_account=account,
            base_addresses={"api": api_base} if api_base else None,
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=TIMEOUT),
        )
        self._limits = limits
        self._total = _limiter(limits.total)
        self._endpoints: dict[str, Limiter] = {}
        self._sleep = sleep or tenacity.nap.sleep

    def send(
        self, method: str, resource: str, params: Mapping[str, Any], key: str | None = None
    ) -> stripe.StripeResponse:
        """
        Send one request to `/v1/<resource>` and return the answer.

        Raises StripeError or AccessError; then either Stripe refused, or all attempts are used up.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_may_retry),
            wait=_wait,
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            sleep=self._sleep,
            reraise=True,
        )
        options = {"idempotency_key": key} if key else {}
        try:
            return retrying(self._once, method, resource, {**params, **options})
        except stripe.StripeError as error:
            log.debug("%s /v1/%s failed: %s %s", method, resource, error.http_status, error.request_id)
            raise translate(error, params) from None
        except (ValueError, TypeError) as error:
            raise StripeError(
                f"Stripe's answer to {method} {resource} is unreadable: {type(error).__name__}"
            ) from None

    def _once(self, method: str, resource: str, params: dict[str, Any]) -> stripe.StripeResponse:
        self._endpoint(method, resource).try_acquire(resource)
        self._total.try_acquire("total")
        answer: stripe.StripeResponse = self._client.raw_request(method.lower(), f"/v1/{resource}", **params)
        log.debug("%s /v1/%s %s", method, resource, answer.request_id)
        return answer

    def _endpoint(self, method: str, resource: str) -> Limiter:
        name = f"{method} {endpoint(resource)}"
        return self._endpoints.setdefault(name, _limiter(self._limits.endpoint))


def endpoint(resource: str) -> str:
    """What Stripe counts as one endpoint: the path with ids left out."""
    return "/".join(
        "{id}" if "_" in part and any(c.isdigit() for c in part) else part for part in resource.split("/")
    )


def _limiter(per_second: float) -> Limiter:
    whole = max(1, int(per_second))
    return Limiter(Rate(whole, round(SECOND * whole / per_second)), buffer_ms=0)


def _may_retry(error: BaseException) -> bool:
    """Stripe's own word first; then connection errors, 409, 429 and 5xx (docs.stripe.com/error-low-level)."""
    if not isinstance(error, stripe.StripeError):
        return False
    should = (error.headers or {}).get("stripe-should-retry")
    if should in ("true", "false"):
        return should == "true"
    if isinstance(error, stripe.APIConnectionError):
        return True
    status = error.http_status or 0
    return status in (TOO_MANY, CONFLICT) or status >= SERVER_ERRORS


_backoff = tenacity.wait_random_exponential(multiplier=0.25, max=5.0)


def _wait(state: tenacity.RetryCallState) -> float:
    """As long as Stripe says (Retry-After, in seconds), else exponential with full jitter."""
    error = state.outcome.exception() if state.outcome else None
    headers = (error.headers or {}) if isinstance(error, stripe.StripeError) else {}
    asked = str(headers.get("retry-after", ""))
    return min(float(asked), LONGEST_WAIT) if asked.isdigit() else _backoff(state)
