"""How fast one account and the platform's key may go: rate budgets, and the limit that all requests share."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from msgspec import Struct

from provisioner.fleet.model import FleetLimits, Rates
from provisioner.fleet.select import Shard

# docs.stripe.com/rate-limits: so many requests a second "per Stripe account". Whether a platform's calls
# for its connected accounts add up on the platform is not said there [?], so they are taken to.
PLATFORM = {"test": 25.0, "live": 100.0}
SECOND = 1.0


class RequestBudget(Struct, frozen=True):
    """
    A rate as places that are taken and rest: the limit that all workers of a run share.

    Each request takes one of `places` before it is sent and gives it back `rest` seconds after its
    answer. So two requests on the same place reach Stripe at least `rest` apart, however long either is
    under way, and no more than `places` arrive in any `rest` seconds; no clock but each worker's own
    counts. The price is the time of an answer: places / (rest + answer) requests a second.
    """

    name: str
    places: int
    rest: float


def budget_of(name: str, rate: float) -> RequestBudget:
    """The budget for `rate` requests a second (above 0); a broken rate is rounded down."""
    if rate < 1:
        return RequestBudget(name, 1, SECOND / rate)
    return RequestBudget(name, int(rate), SECOND)


def platform_rate(rates: Rates, mode: str, shard: Shard, most: float | None) -> float:
    """Requests a second of one shard: its part of the platform's, as shards know nothing of each other."""
    whole = most or rates.platform or PLATFORM[mode]
    return whole / shard.of


def part_of(limits: FleetLimits, shard: Shard) -> FleetLimits:
    """The limits of one shard: its part of the fleet's, rounded down, so that all shards keep the whole."""
    if shard.of == 1:
        return limits
    return FleetLimits(
        top_up={currency: amount // shard.of for currency, amount in limits.top_up.items()},
        retired=None if limits.retired is None else limits.retired // shard.of,
        failed=None if limits.failed is None else limits.failed // shard.of,
        failed_share=limits.failed_share,
    )


class Places(Protocol):
    """A semaphore: `threading.Semaphore` in one process, `distributed.Semaphore` on a cluster."""

    def acquire(self) -> object:
        """Take a place, waiting until one is free."""

    def release(self) -> object:
        """Give a place back."""


class SharedLimit:
    """
    Holds a place around each request, and gives it back `rest` seconds after the answer.

    `RequestBudget` says why that keeps a rate. A thread gives places back while any rest, and ends by
    itself when none does.
    """

    def __init__(self, places: Places, rest: float) -> None:
        self._places = places
        self._rest = rest
        self._door = threading.Lock()  # one at a time asks the scheduler, or each release would wake them all
        self._lock = threading.Lock()
        self._resting: deque[float] = deque()
        self._awake = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Send one request inside of this."""
        with self._door:
            self._places.acquire()
        try:
            yield
        finally:
            with self._lock:
                self._resting.append(time.monotonic() + self._rest)
                if not self._awake:
                    self._awake = True
                    threading.Thread(target=self._give_back, name="gate", daemon=True).start()

    def _give_back(self) -> None:
        while True:
            with self._lock:
                if not self._resting:
                    self._awake = False
                    return
                due = self._resting.popleft()
            time.sleep(max(0.0, due - time.monotonic()))
            self._places.release()
