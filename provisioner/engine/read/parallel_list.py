"""
Reads one long list from several places at once, split into periods while it is read.

With a cursor alone, each page takes one round trip. Lists can be limited by `created` (whole seconds), so
while one reader follows its cursor, another can start further back. How many objects a period contains is not
known in advance; each page shows how many seconds a hundred objects cover there. Objects of one second are
never split; there, only the cursor is used.
"""

import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Any, TypeVar

from msgspec import Struct, field

from provisioner.core.model.errors import StripeError
from provisioner.engine.ports import Page

Item = Mapping[str, Any]
Ask = Callable[[Mapping[str, Any]], Page]
T = TypeVar("T")  # the data kept of an object

PAGE = 100
READERS = 8  # readers of one list; 25 pages per second need them if each takes Stripe 300 ms
# readers if responses are immediate: they read a hundred pages per second, and more would only interfere
FEW = 2
AT_HAND = 0.02  # seconds after which a response is not immediate
MOST_PAGES = 10_000  # pages of one list, a million objects; no account has so many
MOST_PAGES_OF_PURCHASES = 10 * MOST_PAGES  # of which there may be a million a month
NEAR = 50  # objects that show how dense the list is at a reader's position
WORTH_IT = 3.0  # pages; a shorter period is not split
SHORTEST = 2.0  # pages that a reader keeps when another one starts behind it
CURSORS = ("starting_after", "ending_before")
MORE = 0.19  # the most extra requests for each page that splitting may cost


class TimeWindow(Struct, frozen=True):
    """The data kept from one page of a list."""

    items: list[Any]
    """The objects, newest first."""
    times: list[int]
    """Their times of creation (Unix seconds)."""
    ids: list[str]
    """Their ids."""
    more: bool
    """True if older objects follow."""
    seconds: float
    """The seconds that the response took."""


class Stretch(Struct):
    """Objects that were created in a period, newest first; times are in Unix seconds."""

    low: int
    """The beginning."""
    high: int | None
    """The end, which is not included; None means now."""
    reached: int = 0
    """The creation time of the last object read."""
    a_page: float = 0.0
    """The number of seconds that one page covers at this position."""
    cursor: str = ""
    """The id after which the next page begins."""
    found: list[Any] = field(default_factory=list)
    """The objects that have been read."""
    begun: bool = False
    """True once a page has been requested."""
    done: bool = False
    """True once all pages were read."""

    def params(self) -> dict[str, Any]:
        """Return the parameters that request the next page."""
        created = {"gte": self.low} if self.low else {}
        created |= {"lt": self.high} if self.high is not None else {}
        params: dict[str, Any] = {"created": created} if created else {}
        return params | ({"starting_after": self.cursor} if self.cursor else {})

    def pages_left(self) -> float:
        """Return how many pages are left if the rest is as dense as at the reader's current position."""
        return 0.0 if self.done or not self.begun else (self.reached - self.low) / max(self.a_page, 1.0)

    def cut(self, stride: float) -> "Stretch | None":
        """
        Split off the part more than `stride` pages back for another reader; return None if there is none.

        One more page stays here, because it is being read now. At least half of the time span stays, too;
        otherwise a reader within a burst would leave long, empty periods to others.
        """
        at = self.reached - int(max(self.a_page, 1.0) * (stride + 1))
        at = max(at, (self.low + self.reached + 1) // 2)
        if not self.low < at <= self.reached:
            return None
        behind = Stretch(self.low, at, at)
        self.low = at
        return behind

    def take(self, part: TimeWindow, seen: set[str]) -> None:
        """
        Add the objects of a page except those in `seen`, and those of a part that was split off in the
        meantime.
        """
        times = part.times
        for item, at, identity in zip(part.items, times, part.ids, strict=True):
            if self.has(at) and identity not in seen:
                seen.add(identity)
                self.found.append(item)
        self.done = not part.more or (bool(times) and times[-1] < self.low)
        if times:
            near = times[-1 - NEAR :]
            self.a_page = (near[0] - near[-1]) * PAGE / NEAR
            self.reached, self.begun, self.cursor = times[-1], True, part.ids[-1]

    def has(self, created: int) -> bool:
        """Return whether a time is in this period."""
        return self.low <= created and (self.high is None or created < self.high)


class _Scan(Struct):
    """The state of reading one list; only the thread that runs it changes it."""

    ask: Ask
    """Reads one page."""
    resource: str
    """The resource that is listed."""
    keep: Callable[[Item], Any]
    """Reduces an object to the data that is kept."""
    expected: int
    """The number of objects that the configuration makes likely."""
    clock: Callable[[], float]
    """Returns the time in seconds."""
    stretches: list[Stretch] = field(default_factory=lambda: [Stretch(0, None)])
    """The parts of the list that are being read at the same time, newest first."""
    most: int | None = None
    """The number of pages after which the list counts as endless; None means `MOST_PAGES`."""
    pages: int = 0
    """The number of pages that were read."""
    count: int = 0
    """The number of objects that were read."""
    fastest: float = math.inf
    """The seconds that the fastest response took."""
    newest: str = ""
    """The id of the first object that was read."""
    cursors: set[str] = field(default_factory=set)
    """The cursors used so far; if one occurs again, the list would be endless."""
    seen: set[str] = field(default_factory=set)
    """The ids of the objects that were read."""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    """Counts the pages, in whichever thread reads them."""

    def page(self, params: Mapping[str, Any]) -> TimeWindow:
        """
        Read one page, in a thread of the pool, and keep the data that is needed.

        A list that returns to an earlier cursor, or never ends, is an error.
        """
        # both readers may begin with the same object, if it is the only one of its page
        cursor = "".join(f"{name} {params[name]}" for name in CURSORS if name in params)
        if (cursor and cursor in self.cursors) or next(self.numbers) > (self.most or MOST_PAGES):
            raise StripeError(f"Stripe's list of {self.resource} does not end")
        self.cursors.add(cursor)
        asked = self.clock()
        page = self.ask({"limit": PAGE, **params})
        seconds = self.clock() - asked
        times = [self.time(item) for item in page.items]
        ids = [str(item["id"]) for item in page.items]
        return TimeWindow([self.keep(item) for item in page.items], times, ids, page.more, seconds)

    def time(self, item: Item) -> int:
        if not isinstance(item.get("id"), str):
            raise StripeError(f"Stripe's list of {self.resource} contains an object without an id")
        created = item.get("created")
        if not isinstance(created, int):
            raise StripeError(f"Stripe's list of {self.resource} contains an object without a creation time")
        return created

    def take(self, stretch: Stretch, part: TimeWindow) -> None:
        """Add a page that has been read, and start to read at more places if that is worthwhile."""
        before = len(stretch.found)
        stretch.take(part, self.seen)
        if not stretch.done and len(stretch.found) == before:
            raise self.stuck()
        self.pages += 1
        self.count += len(part.items)
        self.newest = self.newest or (part.ids[0] if part.ids else "")
        self.fastest = min(self.fastest, part.seconds)
        while behind := self._cut():
            self.stretches.insert(self.stretches.index(behind[0]) + 1, behind[1])

    def stuck(self) -> StripeError:
        """Return the error for a page that contains nothing new although more pages follow."""
        return StripeError(
            f"Stripe's list of {self.resource} says that more pages follow, but contains no new object"
        )

    def at_once(self) -> int:
        """Return how many readers are useful at once."""
        return FEW if self.fastest < AT_HAND else READERS

    def _cut(self) -> tuple[Stretch, Stretch] | None:
        """Split the longest stretch if a reader is free and the number of requests allows the overlap."""
        read, expected = self.count / PAGE, self.expected / PAGE
        readers = [each for each in self.stretches if not each.done]
        ragged = self.pages - read + len(readers)
        if not readers or len(readers) >= self.at_once() or ragged > MORE * max(read, expected):
            return None
        rest = max(expected - read, read)
        longest = max(readers, key=lambda each: (min(each.pages_left(), rest), -each.reached))
        if min(longest.pages_left(), rest) < WORTH_IT:
            return None
        behind = longest.cut(max(SHORTEST, rest / self.at_once()))
        return (longest, behind) if behind else None

    def nearly_read(self) -> bool:
        """Return whether the last pages are being read or have been read; False before the first page."""
        near = (each.done or (each.begun and each.pages_left() < WORTH_IT) for each in self.stretches)
        return self.pages > 0 and all(near)

    def items(self) -> list[Any]:
        return [item for stretch in self.stretches for item in stretch.found]


Told = Callable[[int], None]


def read_list(
    pool: Executor,
    ask: Ask,
    resource: str,
    expected: int,
    keep: Callable[[Item], T],
    told: Told,
    clock: Callable[[], float] = time.monotonic,
) -> list[T]:
    """
    Read all objects of a list, newest first, each exactly once, even while others are being created.

    `ask` returns the page for given parameters, `expected` is the approximate number of objects, `keep`
    reduces each object to the data to keep, and the `Told` callback receives the number read so far. Objects
    created since the first page are read in parallel with the last pages. `clock` returns seconds. Raises
    StripeError or AccessError.
    """
    scan = _Scan(ask, resource, keep, expected, clock)
    newer: Future[list[Any]] | None = None
    for _ in _pages(pool, scan):
        told(scan.count)
        if newer is None and scan.nearly_read() and (scan.pages > 1 or not scan.stretches[0].done):
            newer = pool.submit(_newer, scan, scan.newest)
    return (newer.result() if newer else []) + scan.items()


class Covered(Struct, frozen=True):
    """A period whose objects have all been read."""

    low: int
    """Its beginning (Unix seconds)."""
    high: int | None
    """Its end, which is not included; None means now."""
    items: list[Any]
    """The objects of the page read last, newest first; some may be older than the period."""


def read_periods(
    pool: Executor,
    ask: Ask,
    resource: str,
    periods: Iterable[tuple[int, int | None]],
    expected: int,
    keep: Callable[[Item], T],
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Covered]:
    """
    Read the objects that were created in some periods, and yield after each page what is complete.

    Periods are in Unix seconds, without their ends; None means now. The rest is as in `read_list`, except
    that objects are not kept, and those created since the first page may be missing. Raises StripeError or
    AccessError.
    """
    stretches = [Stretch(low, high, high or 0) for low, high in periods]
    scan = _Scan(ask, resource, keep, expected, clock, stretches, MOST_PAGES_OF_PURCHASES)
    for stretch in _pages(pool, scan):
        items, stretch.found = stretch.found, []
        low = stretch.low if stretch.done else stretch.reached + 1
        yield Covered(low, stretch.high, items)


def _pages(pool: Executor, scan: _Scan) -> Iterator[Stretch]:
    """Read all pages of a list, and yield the period to which each was added."""
    under_way: dict[Future[TimeWindow], Stretch] = {}
    while True:
        busy = {id(stretch) for stretch in under_way.values()}
        for stretch in scan.stretches:
            if not stretch.done and id(stretch) not in busy and len(under_way) < scan.at_once():
                under_way[pool.submit(scan.page, stretch.params())] = stretch
        if not under_way:
            return
        for future in wait(under_way, return_when=FIRST_COMPLETED).done:
            stretch = under_way.pop(future)
            scan.take(stretch, future.result())
            yield stretch


def _newer(scan: _Scan, newest: str) -> list[Any]:
    """Return the objects created since the first page was read."""
    found: list[Any] = []
    while True:
        part = scan.page({"ending_before": newest})
        by_id = dict(zip(part.ids, part.items, strict=True))
        fresh = [item for identity, item in by_id.items() if identity not in scan.seen]
        scan.seen.update(part.ids)
        found = fresh + found
        if not part.more:
            return found
        if not fresh:
            raise scan.stuck()
        newest = part.ids[0]
