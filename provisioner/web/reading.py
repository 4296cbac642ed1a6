"""Keeps a reading current while somebody looks at it."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Generic, Protocol, TypeVar

from provisioner.core.model.errors import ProvisionerError
from provisioner.views.values import inert

log = logging.getLogger("provisioner")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
FULL = 10  # how often new purchases are read before everything is read again
FIRST = 5.0  # seconds that the first page waits for the first reading before it shows "Reading Stripe"


class Source(Protocol[T_co]):
    """Reads an account or a fleet. Its methods block until Stripe has answered."""

    def read(self) -> T_co:
        """Read everything; raises ProvisionerError."""

    def read_new(self) -> T_co:
        """Read only what may be new. Return the same value if nothing is; raises ProvisionerError."""


class LiveReading(Generic[T]):
    """
    The latest reading, which is repeated while a page is open, and the pages that wait for changes.

    Stripe limits the number of read requests, so nothing is read while no page is open.

    found: the latest reading; None before the first one.
    error: the reason why the last reading failed; empty if it succeeded.
    """

    def __init__(self, source: Source[T], every: float) -> None:
        self._source, self._every = source, every
        self._changed = asyncio.Condition()
        self._watched = asyncio.Event()
        self._watchers = self._version = 0
        self._said = ""
        self._ended = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._read_at = 0.0
        self.found: T | None = None
        self.error = ""

    async def run(self) -> None:
        """Read once, then repeatedly while a page is open, until the task is canceled."""
        self._loop = asyncio.get_running_loop()
        await self._look()
        while self._every:
            await self._watched.wait()
            await asyncio.sleep(self._every)
            if self._watchers:
                await self._look()

    def end(self) -> None:
        """End the event streams of all open pages, so that the server can stop; callable from any thread."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._end(), self._loop)

    async def _end(self) -> None:
        async with self._changed:
            self._ended = True
            self._changed.notify_all()

    async def first(self) -> None:
        """Wait briefly for the first reading to succeed or fail."""
        if self.found is None and not self.error:
            try:
                await asyncio.wait_for(self._next(0), FIRST)
            except TimeoutError:
                return

    async def changes(self) -> AsyncIterator[str]:
        """Yield a sentence for each change, until `end` is called."""
        seen = self._version
        self._watchers += 1
        self._watched.set()
        try:
            while True:
                seen = await self._next(seen)
                if self._ended:
                    return
                yield self._said
        finally:
            self._watchers -= 1
            if not self._watchers:
                self._watched.clear()

    async def _next(self, seen: int) -> int:
        async with self._changed:
            await self._changed.wait_for(lambda: self._version > seen or self._ended)
            return self._version

    async def _look(self) -> None:
        before, due = self.found, time.monotonic() - self._read_at > self._every * FULL
        try:
            if before is None or due:
                after = await asyncio.to_thread(self._source.read)
                self._read_at = time.monotonic()
            else:
                after = await asyncio.to_thread(self._source.read_new)
        except ProvisionerError as error:
            failed, self.error = self.error, str(error)
            log.warning("Warning: Stripe could not be read: %s", inert(self.error))
            if not failed:
                await self._tell("Stripe could not be read.")
            return
        was_failed, self.error, self.found = bool(self.error), "", after
        said = self._difference(before, after)
        if said or was_failed:
            await self._tell(said or "Stripe can be read again.")

    async def _tell(self, said: str) -> None:
        async with self._changed:
            self._version += 1
            self._said = said
            self._changed.notify_all()

    def _difference(self, old: T | None, new: T) -> str:
        """Return what has changed between two readings, as a sentence; empty if nothing that is shown has."""
        if old is None:
            return "Stripe has been read."
        return "" if old is new else self._between(old, new)

    def _between(self, old: T, new: T) -> str:
        raise NotImplementedError
