"""Rate limits of an account and of the platform's key, shared by all workers of a run."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from msgspec import Struct

from provisioner.fleet.model import FleetLimits, Rates
from provisioner.fleet.select import Shard

# docs.stripe.com/rate-limits: requests per second "per Stripe account". It does not say whether a platform's
# requests for its connected accounts count for the platform [?]; we assume that they do.
PLATFORM = {"test": 25.0, "live": 100.0}
SECOND = 1.0


class RequestBudget(Struct, frozen=True):
    """
    A rate limit that all workers of a run share, expressed as places that requests occupy.

    Each request takes a place before it is sent, and returns it some time after its response. So two requests
    on the same place are at least that time apart, however long each takes, and the workers' clocks need not
    agree. The cost is the response time: the rate is places / (rest + response time) requests per second.
    """

    name: str
    """A name that no other run uses."""
    places: int
    """The number of places."""
    rest: float
    """Seconds between a response and the return of its place."""


def budget_of(name: str, rate: float) -> RequestBudget:
    """Return the budget for `rate` requests per second (above 0); from 1 on, fractions are rounded down."""
    if rate < 1:
        return RequestBudget(name, 1, SECOND / rate)
    return RequestBudget(name, int(rate), SECOND)


def platform_rate(rates: Rates, mode: str, shard: Shard, most: float | None) -> float:
    """Return the requests per second of one shard: its share, because shards do not coordinate."""
    whole = most or rates.platform or PLATFORM[mode]
    return whole / shard.of


def part_of(limits: FleetLimits, shard: Shard) -> FleetLimits:
    """Return the limits of one shard: its share, rounded down, so that all shards together stay within."""
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
        """Take a place; waits until one is free."""

    def release(self) -> object:
        """Return a place."""


class SharedLimit:
    """
    Occupies a place during each request, and for `rest` seconds after the response.

    `RequestBudget` explains why that limits the rate. A thread returns places while any are resting, and
    ends when none are.
    """

    def __init__(self, places: Places, rest: float) -> None:
        self._places = places
        self._rest = rest
        self._door = (
            threading.Lock()
        )  # only one thread at a time asks the scheduler; otherwise each release would wake all of them
        self._lock = threading.Lock()
        self._resting: deque[float] = deque()
        self._awake = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Return the block in which to send one request."""
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
