"""The limit that all requests with the platform's key share, kept by places that rest after each use."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Places(Protocol):
    """A semaphore: `threading.Semaphore` in one process, `distributed.Semaphore` on a cluster."""

    def acquire(self) -> object:
        """Take a place, waiting until one is free."""

    def release(self) -> object:
        """Give a place back."""


class SharedLimit:
    """
    Holds a place around each request, and gives it back `rest` seconds after the answer.

    `budget.Budget` says why that keeps a rate. A thread gives places back while any rest, and ends by
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
            self._let_rest()

    def _let_rest(self) -> None:
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
