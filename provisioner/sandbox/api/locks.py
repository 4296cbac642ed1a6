"""
Two writers on one object: the second is refused with `lock_timeout` (docs.stripe.com/rate-limits).

Stripe waits a while for the lock first; how long is not documented, so here it does not wait. A
card's writers also share a lock on its cardholder, whose own writers need it alone.
"""

from dataclasses import dataclass, field

from provisioner.sandbox.state.errors import ApiError


@dataclass
class Locks:
    """Which objects are being written: an id -> its number of sharers, or -1 for one writer alone."""

    _held: dict[str, int] = field(default_factory=dict)

    def take(self, alone: str | None, shared: str | None) -> None:
        """Lock an object alone and another shared; raises StripeError (429) when either cannot be."""
        if (alone and self._held.get(alone)) or (shared and self._held.get(shared, 0) < 0):
            raise ApiError(
                429,
                "This object cannot be accessed right now because another request is working on it.",
                code="lock_timeout",
                headers={"Stripe-Should-Retry": "true"},
            )
        if alone:
            self._held[alone] = -1
        if shared:
            self._held[shared] = self._held.get(shared, 0) + 1

    def release(self, alone: str | None, shared: str | None) -> None:
        """Give back what `take` took."""
        if alone:
            del self._held[alone]
        if shared:
            self._held[shared] -= 1
            if self._held[shared] == 0:
                del self._held[shared]
