"""Limits on requests per second, for each endpoint and in total, and on requests in flight."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager

from msgspec import Struct

from provisioner.core.model.errors import NotSentError

MOST_AT_ONCE = 32
RECOVERY = 20  # responses after which one more request in flight is tried
BURST = 8  # requests that may be sent together after a pause, so that a small plan need not wait
EARLY = 0.07  # seconds by which two requests may arrive closer together than they were sent


class Limits(Struct, frozen=True):
    """Limits on requests per second."""

    endpoint: float = 25.0
    """The limit for each endpoint; GET and POST of one path are two endpoints."""
    total: float = 25.0
    """The limit for all endpoints together."""


# docs.stripe.com/rate-limits: 25 per endpoint; 100 per account, 25 in a sandbox
LIMITS = {"test": Limits(25.0, 25.0), "live": Limits(25.0, 100.0)}


def limits_for(mode: str, total: float | None = None, endpoint: float | None = None) -> Limits:
    """Return Stripe's limits for a mode, with overrides; no endpoint's limit exceeds the total."""
    own = LIMITS[mode]
    whole = total or own.total
    return Limits(min(endpoint or own.endpoint, whole), whole)


def at_least(limits: Limits, counts: Iterable[int]) -> float:
    """Return the minimum seconds for `counts` requests, one count for each endpoint, within the limits."""
    counts = tuple(counts)
    return max([sum(counts) * _apart(limits.total), *(each * _apart(limits.endpoint) for each in counts)])


def _apart(rate: float) -> float:
    """Return the seconds between two requests that are sent at an even rate."""
    return _window(rate) / max(1, int(rate))


def _window(rate: float) -> float:
    """Return the seconds in which at most `rate` requests (but at least one) may be sent."""
    return max(1.0, 1 / rate) + EARLY


class Lane:
    """
    Requests that share one limit: at most `rate` of them within 1 s + EARLY, sent at an even rate.

    Sending all requests of a second at once could be within the limit, too, but Stripe does not document how
    it counts [?]. An even rate is within the limit for every kind of window and bucket, and so is a burst in
    each second for all but the smallest buckets. With `bursts`, there may be one after each wait for the
    limit. It shortens a long list by a third of a second. Writes have none: each takes some work between its
    turn and its way out, so that on a slow machine the last of a burst would arrive in the next second.
    """

    def __init__(self, rate: float, *, bursts: bool) -> None:
        self._bursts = bursts
        self.door = threading.Lock()  # whoever holds it sends next
        self._left: deque[float] = deque(maxlen=max(1, int(rate)))
        self._window, self._apart = _window(rate), _apart(rate)
        self._even = -math.inf  # the time at which the next request is sent at an even rate

    def due(self) -> float:
        """Return the time at which the next request may be sent."""
        return max(self._even - (BURST - 1) * self._apart, self._within())

    def leave(self, now: float) -> None:
        """Record that a request is sent."""
        if not self._bursts:  # waiting for the limit is not a pause
            self._even = max(self._even, self._within() + (BURST - 1) * self._apart)
        self._even = max(self._even, now) + self._apart
        self._left.append(now)

    def _within(self) -> float:
        """Return the time at which one more request is within the limit."""
        return self._left[0] + self._window if len(self._left) == self._left.maxlen else -math.inf


class Pace:
    """
    Limits the rate of requests, and the number of requests in flight when Stripe rejects some for
    concurrency.

    Stripe does not document how many requests it serves at once, so the number is learned: it is halved when
    Stripe rejects a request for concurrency, and increased by one after every `RECOVERY` responses. `clock`
    and `sleep` use seconds.
    """

    def __init__(
        self,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.limits = limits
        self._clock, self._sleep = clock, sleep
        self._total = Lane(limits.total, bursts=True)
        self._endpoints: dict[str, Lane] = {}
        self._free = threading.Condition()
        self._under_way = 0
        self._at_once = MOST_AT_ONCE
        self._answers = 0

    @contextmanager
    def turn(self, method: str, resource: str, stop: threading.Event | None = None) -> Iterator[None]:
        """
        Wait until a request may be sent, and count it as in flight while the block runs.

        Raises NotSentError once `stop` is set.
        """
        lane = self.lane(method, resource)
        with ExitStack() as held:
            with lane.door:
                held.enter_context(self._place())
                go_on(stop)
                while wait := self.leave(lane):
                    if stop is None:
                        self._sleep(wait)
                    else:
                        stop.wait(wait)
                        go_on(stop)
            yield

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Wait for a free place among the requests in flight, and occupy it while the block runs."""
        with self._free:
            self._free.wait_for(lambda: self._under_way < self._at_once)
            self._under_way += 1
        try:
            yield
        finally:
            with self._free:
                self._under_way -= 1
                self._free.notify()

    def lane(self, method: str, resource: str) -> Lane:
        """Return the lane of an endpoint."""
        with self._free:
            lane = Lane(self.limits.endpoint, bursts=method == "GET")
            return self._endpoints.setdefault(endpoint(method, resource), lane)

    def leave(self, lane: Lane) -> float:
        """Return 0 and record a request as sent, or return the seconds until it may be sent."""
        with self._free:
            now = self._clock()
            wait = max(0.0, lane.due() - now, self._total.due() - now)
            if not wait:
                lane.leave(now)
                self._total.leave(now)
            return wait

    def fewer(self) -> None:
        """Allow fewer requests in flight, because Stripe rejected one for concurrency."""
        with self._free:
            self._at_once = max(1, min(self._at_once, self._under_way) // 2)
            self._answers = 0

    def answered(self) -> None:
        """Record that Stripe served a request; after enough of them, allow one more in flight."""
        with self._free:
            self._answers += 1
            if self._at_once < MOST_AT_ONCE and self._answers >= RECOVERY:
                self._at_once += 1
                self._answers = 0
                self._free.notify()


def go_on(stop: threading.Event | None) -> None:
    """Raise NotSentError once `stop` is set."""
    if stop is not None and stop.is_set():
        raise NotSentError("interrupted")


def endpoint(method: str, resource: str) -> str:
    """Return what Stripe counts as one endpoint: the method, and the path without ids."""
    parts = (
        "{id}" if "_" in part and any(c.isdigit() for c in part) else part for part in resource.split("/")
    )
    return f"{method} {'/'.join(parts)}"
