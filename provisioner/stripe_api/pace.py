"""How fast: requests a second for each endpoint and in all, and how many at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pyrate_limiter import InMemoryBucket, Limiter, Rate, SingleBucketFactory

SECOND = 1000
MOST_AT_ONCE = 32
RECOVERY = 20  # answers until one more at once is tried again


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests a second: for each endpoint (GET one and POST one are two), and in all."""

    endpoint: float = 25.0
    total: float = 25.0


# docs.stripe.com/rate-limits
LIMITS = {"test": Limits(25.0, 25.0), "live": Limits(25.0, 100.0)}


class Pace:
    """
    Lets requests through within the limits, and fewer at once where Stripe says that there are too many.

    How many Stripe serves at once is not published, so that is found out: halved at each refusal for
    concurrency, one more after every `RECOVERY` answers.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._total = _limiter(limits.total)
        self._endpoints: dict[str, Limiter] = {}
        self._free = threading.Condition()
        self._under_way = 0
        self._at_once = MOST_AT_ONCE
        self._answers = 0

    @contextmanager
    def turn(self, method: str, resource: str) -> Iterator[None]:
        """Wait for a turn, and take it for as long as the block runs."""
        with self._free:
            self._free.wait_for(lambda: self._under_way < self._at_once)
            self._under_way += 1
        try:
            self._endpoint(method, resource).try_acquire(resource)
            self._total.try_acquire("total")
            yield
        finally:
            with self._free:
                self._under_way -= 1
                self._free.notify()

    def fewer(self) -> None:
        """Stripe has refused a request because of too many at once."""
        with self._free:
            self._at_once = max(1, min(self._at_once, self._under_way) // 2)
            self._answers = 0

    def answered(self) -> None:
        """Stripe has served a request."""
        with self._free:
            self._answers += 1
            if self._at_once < MOST_AT_ONCE and self._answers >= RECOVERY:
                self._at_once += 1
                self._answers = 0
                self._free.notify()

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
    bucket = InMemoryBucket([Rate(whole, round(SECOND * whole / per_second))])
    # the library's own clearing is a thread for each limiter that never ends, and a fleet has thousands
    return Limiter(SingleBucketFactory(bucket, schedule_leak=False), buffer_ms=0)
