"""How fast: requests a second for each endpoint and in all, and how many at once."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager

from msgspec import Struct

from provisioner.core.model.errors import NotSentError

MOST_AT_ONCE = 32
RECOVERY = 20  # answers until one more at once is tried again
BURST = 8  # requests that may leave together after a pause; a small plan is not held up
EARLY = 0.07  # seconds by which two requests may arrive closer together than they left


class Limits(Struct, frozen=True):
    """Requests a second: for each endpoint (GET one and POST one are two), and in all."""

    endpoint: float = 25.0
    total: float = 25.0


# docs.stripe.com/rate-limits: 25 an endpoint; 100 an account, 25 in a sandbox
LIMITS = {"test": Limits(25.0, 25.0), "live": Limits(25.0, 100.0)}


def limits_for(mode: str, total: float | None = None, endpoint: float | None = None) -> Limits:
    """Stripe's limits for a mode with others in their place: more in all is not more an endpoint."""
    own = LIMITS[mode]
    whole = total or own.total
    return Limits(min(endpoint or own.endpoint, whole), whole)


def at_least(limits: Limits, counts: Iterable[int]) -> float:
    """The seconds that so many requests to each of some endpoints take within the limits."""
    counts = tuple(counts)
    return max([sum(counts) * _apart(limits.total), *(each * _apart(limits.endpoint) for each in counts)])


def _apart(rate: float) -> float:
    """The seconds between two requests where they leave evenly."""
    return _window(rate) / max(1, int(rate))


def _window(rate: float) -> float:
    """The seconds in which no more than a whole second's requests may leave, or no more than one."""
    return max(1.0, 1 / rate) + EARLY


class Lane:
    """
    Requests that share one limit: never more than `rate` leave within 1 s + EARLY, and they leave evenly.

    A whole second's worth at once would be within the limit, too, where it is counted by the second. How
    Stripe counts is not published [?]; what comes evenly is within windows and buckets of every kind.
    """

    def __init__(self, rate: float) -> None:
        self.door = threading.Lock()  # whoever holds it is the next to leave
        self._left: deque[float] = deque(maxlen=max(1, int(rate)))
        self._window, self._apart = _window(rate), _apart(rate)
        self._even = -math.inf  # when the next one leaves where all are evenly apart

    def due(self) -> float:
        """When the next one may leave."""
        return max(self._even - (BURST - 1) * self._apart, self._within())

    def leave(self, now: float) -> None:
        """Take note that one leaves; being held up by the limit is no pause that earns a burst."""
        self._even = max(self._even, now, self._within() + (BURST - 1) * self._apart) + self._apart
        self._left.append(now)

    def _within(self) -> float:
        """When one more is within the limit."""
        return self._left[0] + self._window if len(self._left) == self._left.maxlen else -math.inf


class Pace:
    """
    Lets requests through within the limits, and fewer at once where Stripe says that there are too many.

    How many Stripe serves at once is not published, so that is found out: halved at each refusal for
    concurrency, one more after every `RECOVERY` answers. `clock` and `sleep` count seconds.
    """

    def __init__(
        self,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.limits = limits
        self._clock, self._sleep = clock, sleep
        self._total = Lane(limits.total)
        self._endpoints: dict[str, Lane] = {}
        self._free = threading.Condition()
        self._under_way = 0
        self._at_once = MOST_AT_ONCE
        self._answers = 0

    @contextmanager
    def turn(self, method: str, resource: str, stop: threading.Event | None = None) -> Iterator[None]:
        """
        Wait for a turn, and take it for as long as the block runs.

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
        """Be one of those that are under way at once."""
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
        """The lane of an endpoint."""
        with self._free:
            return self._endpoints.setdefault(endpoint(method, resource), Lane(self.limits.endpoint))

    def leave(self, lane: Lane) -> float:
        """Let a request leave and return 0, or return the seconds until it may."""
        with self._free:
            now = self._clock()
            wait = max(0.0, lane.due() - now, self._total.due() - now)
            if not wait:
                lane.leave(now)
                self._total.leave(now)
            return wait

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


def go_on(stop: threading.Event | None) -> None:
    """Raise NotSentError once `stop` is set."""
    if stop is not None and stop.is_set():
        raise NotSentError("interrupted")


def endpoint(method: str, resource: str) -> str:
    """What Stripe counts as one endpoint: the method, and the path with ids left out."""
    parts = (
        "{id}" if "_" in part and any(c.isdigit() for c in part) else part for part in resource.split("/")
    )
    return f"{method} {'/'.join(parts)}"
