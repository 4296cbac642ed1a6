"""A circuit that ends a run when Stripe is down, instead of failing every request of it by itself."""

import threading
from collections.abc import Callable

from msgspec import Struct, field

from provisioner.core.model.errors import OutageError

FAILURES = 10  # in a row
LASTING = 15.0  # seconds from the first of them to the last


class Circuit(Struct):
    """Counts failures in a row, of all threads together; `clock` counts seconds."""

    clock: Callable[[], float]
    _failures: int = 0
    _since: float = 0.0
    _open: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self) -> None:
        """Raise OutageError when it is open."""
        if self._open:
            raise OutageError(
                f"no usable response from Stripe for {LASTING:.0f} seconds ({self._failures} consecutive "
                "requests), so the run ends here. See status.stripe.com, and run the command again later."
            )

    def answered(self) -> None:
        """Stripe has answered, if only to refuse."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """There was no answer, or a failure of Stripe's own."""
        with self._lock:
            now = self.clock()
            if self._failures == 0:
                self._since = now
            self._failures += 1
            self._open = self._open or (self._failures >= FAILURES and now - self._since >= LASTING)
