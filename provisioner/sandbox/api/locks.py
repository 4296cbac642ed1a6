"""
Object locks: a second writer of an object is rejected with `lock_timeout` (docs.stripe.com/rate-limits).

Stripe first waits for the lock, for an undocumented time; the sandbox does not wait. Writers of a card also
share a lock on its cardholder; a writer of the cardholder needs that lock exclusively.
"""

from dataclasses import dataclass, field

from provisioner.sandbox.state.errors import ApiError


@dataclass
class Locks:
    """The locks that are held: the number of sharers by id, or -1 for an exclusive lock."""

    _held: dict[str, int] = field(default_factory=dict)

    def take(self, alone: str | None, shared: str | None) -> None:
        """Lock one object exclusively and another shared; raises ApiError (429) if that is impossible."""
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
        """Release the locks of `take`."""
        if alone:
            del self._held[alone]
        if shared:
            self._held[shared] -= 1
            if self._held[shared] == 0:
                del self._held[shared]
