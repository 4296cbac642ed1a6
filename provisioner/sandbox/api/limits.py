"""
Rate limits of test mode: 25 requests a second on each endpoint and 25 in all, for each account.

docs.stripe.com/rate-limits; reading one object and writing one are different endpoints, ids are
not. Each limit is a bucket of a second's worth of requests that refills evenly, which is how
Stripe has described its own (stripe.com/blog/rate-limiters). Real time counts here, not the
sandbox's clock: a client has to be slow for real.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from provisioner.sandbox.state.errors import ApiError

RATE = 25


@dataclass
class _Bucket:
    left: float
    at: float

    def refill(self, now: float) -> None:
        self.left = min(RATE, self.left + (now - self.at) * RATE)
        self.at = now


@dataclass
class AccountLimits:
    """The buckets of all accounts and endpoints."""

    clock: Callable[[], float] = time.monotonic
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)

    def take(self, account: str, endpoint: str) -> None:
        """Count one request; raises StripeError (429, `rate_limit`) when it is one too many."""
        now = self.clock()
        for name, reason in ((endpoint, "endpoint-rate"), ("", "global-rate")):
            bucket = self._buckets.setdefault((account, name), _Bucket(RATE, now))
            bucket.refill(now)
            if bucket.left < 1:
                raise too_many(reason)
        for name in (endpoint, ""):
            self._buckets[account, name].left -= 1


def too_many(reason: str) -> ApiError:
    """The refusal of a request over a limit; `reason` is that of `Stripe-Rate-Limited-Reason`."""
    return ApiError(
        429,
        "Too many requests hit the API too quickly. Retry with an exponential backoff.",
        code="rate_limit",
        headers={"Stripe-Rate-Limited-Reason": reason},
    )
