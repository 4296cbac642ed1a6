"""
Rate limits of test mode: 25 requests per second for each endpoint and 25 in total, for each account.

docs.stripe.com/rate-limits. Reading and writing an object are different endpoints; paths that differ only in
ids are the same one. Each limit is a token bucket for one second's requests, as Stripe has described
(stripe.com/blog/rate-limiters). It uses real time, not the sandbox's clock, so that clients must slow down.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from provisioner.sandbox.state.errors import ApiError

RATE = 25


@dataclass
class _Bucket:
    left: float
    """The number of requests that are left."""
    at: float
    """The time (seconds of the clock) of the last refill."""

    def refill(self, now: float) -> None:
        self.left = min(RATE, self.left + (now - self.at) * RATE)
        self.at = now


@dataclass
class AccountLimits:
    """The buckets of all accounts and endpoints."""

    clock: Callable[[], float] = time.monotonic
    """Returns the time in seconds."""
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)

    def take(self, account: str, endpoint: str) -> None:
        """Count one request; raises ApiError (429, `rate_limit`) if it is over a limit."""
        now = self.clock()
        for name, reason in ((endpoint, "endpoint-rate"), ("", "global-rate")):
            bucket = self._buckets.setdefault((account, name), _Bucket(RATE, now))
            bucket.refill(now)
            if bucket.left < 1:
                raise too_many(reason)
        for name in (endpoint, ""):
            self._buckets[account, name].left -= 1


def too_many(reason: str) -> ApiError:
    """Return the error for a request over a limit; `reason` is for `Stripe-Rate-Limited-Reason`."""
    return ApiError(
        429,
        "Too many requests hit the API too quickly. Retry with an exponential backoff.",
        code="rate_limit",
        headers={"Stripe-Rate-Limited-Reason": reason},
    )
