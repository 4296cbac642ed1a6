"""A circuit breaker that ends a run when Stripe is down, instead of letting every request fail."""

import threading
from collections.abc import Callable

from msgspec import Struct, field

from provisioner.core.model.errors import OutageError

FAILURES = 10  # consecutive failures
LASTING = 15.0  # seconds from the first of these failures to the last


class Circuit(Struct):
    """Counts consecutive failures of all threads together."""

    clock: Callable[[], float]
    """Returns seconds."""
    _failures: int = 0
    _since: float = 0.0
    _open: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self) -> None:
        """Raise OutageError if the circuit is open."""
        if self._open:
            raise OutageError(
                f"no usable response from Stripe for {LASTING:.0f} seconds ({self._failures} consecutive "
                "requests), so the run ends here. See status.stripe.com, and run the command again later."
            )

    def answered(self) -> None:
        """Record a response from Stripe, even one that rejects the request."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """Record a request without a response, or a failure in Stripe."""
        with self._lock:
            now = self.clock()
            if self._failures == 0:
                self._since = now
            self._failures += 1
            self._open = self._open or (self._failures >= FAILURES and now - self._since >= LASTING)
