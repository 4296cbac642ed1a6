"""
Reads one long list from several places at once, split into periods while it is read.

With a cursor alone, each page takes one round trip. Lists can be limited by `created` (whole seconds), so
while one reader follows its cursor, another can start further back. How many objects a period contains is not
known in advance; each page shows how many seconds a hundred objects cover there. Objects of one second are
never split. Each split costs a page that is not full, so two readers share a period, one from each end, until
they meet.
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
RATE = 25  # pages of one list per second that Stripe allows (docs.stripe.com/rate-limits)
MOST_PAGES = 10_000  # pages of one list, a million objects; no account has so many
MOST_PAGES_OF_PURCHASES = 10 * MOST_PAGES  # of which there may be a million a month
NEAR = 50  # objects that show how dense the list is at a reader's position
WORTH_IT = 5.0  # pages; a shorter period is not split
SHORTEST = 2.0  # pages that a reader keeps when another one starts behind it
PARTS = 6  # a reader keeps one part of what is left in so many: far back, a page is likely to be empty
NEWER, OLDER = BOTH = ("starting_after", "ending_before")  # the ends of a period, as their cursors
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
    """The creation time of the last object read from the newer end."""
    risen: int = 0
    """The creation time of the last object read from the older end; 0 if there is none."""
    a_page: float = 0.0
    """The number of seconds that one page covers at this position."""
    cursor: str = ""
    """The id after which the next page begins."""
    behind: str = ""
    """The id before which the next page of the older end is read; empty if none is known."""
    found: list[Any] = field(default_factory=list)
    """The objects that have been read from the newer end."""
    older: list[list[Any]] = field(default_factory=list)
    """The pages that have been read from the older end, the oldest first."""
    under_way: set[str] = field(default_factory=set)
    """The ends at which a page is being read."""
    begun: bool = False
    """True once a page has been read."""
    done: bool = False
    """True once all pages were read."""

    def params(self, end: str = NEWER) -> dict[str, Any]:
        """
        Return the parameters that request the next page of an end.

        A cursor is always an object that the period asked for contains: what Stripe says to another one is
        not documented [?]. So the older end is asked for without `gte`, which its cursor implies.
        """
        created = {"gte": self.low} if self.low and end == NEWER else {}
        created |= {"lt": self.high} if self.high is not None else {}
        params: dict[str, Any] = {"created": created} if created else {}
        cursor = self.cursor if end == NEWER else self.behind
        return params | ({end: cursor} if cursor else {})

    def pages_left(self) -> float:
        """Return how many pages are left if the rest is as dense as at the reader's current position."""
        if self.done or not self.begun:
            return 0.0
        return (self.reached - max(self.low, self.risen)) / max(self.a_page, 1.0)

    def next_end(self) -> str:
        """Return the end at which another page is worth reading now; empty if neither is."""
        if self.done or (self.under_way and self.pages_left() < len(self.under_way) + 1):
            return ""
        ends = BOTH if self.begun and self.behind else (NEWER,)
        return next((end for end in ends if end not in self.under_way), "")

    def cut(self, stride: float) -> "Stretch | None":
        """
        Split off the part more than `stride` pages back for another reader; return None if there is none.

        One more page stays here, because it is being read now. At least half of the time span is split off;
        otherwise a reader within a burst would leave long, empty periods to others.
        """
        low = max(self.low, self.risen)
        at = self.reached - int(max(self.a_page, 1.0) * (stride + 1))
        at = max(at, (low + self.reached + 1) // 2)
        if not low < at <= self.reached:
            return None
        rest = Stretch(self.low, at, at, risen=self.risen, behind=self.behind, older=self.older)
        self.low, self.risen, self.behind, self.older = at, 0, "", []
        return rest

    def take(self, end: str, part: TimeWindow, seen: set[str]) -> int:
        """
        Add the objects of a page that was read at an end, and return how many were added.

        Those in `seen` are left out, and those of a part that was split off in the meantime.
        """
        self.under_way.discard(end)
        fresh = []
        for item, at, identity in zip(part.items, part.times, part.ids, strict=True):
            if self.has(at) and identity not in seen:
                seen.add(identity)
                fresh.append(item)
        times, other = part.times, self.cursor if end == OLDER else self.behind if self.risen else ""
        self.done = self.done or not part.more or other in part.ids
        if end == OLDER:
            self.older.append(fresh)
            if times:
                self.risen, self.behind = times[0], part.ids[0]
            return len(fresh)
        self.found += fresh
        if times:
            near = times[-1 - NEAR :]
            self.a_page = (near[0] - near[-1]) * PAGE / NEAR
            self.reached, self.begun, self.cursor = times[-1], True, part.ids[-1]
            self.done = self.done or self.reached < self.low
        return len(fresh)

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
    from_both_ends: bool = True
    """False if each part must be read in the list's order."""
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
        cursor = "".join(f"{name} {params[name]}" for name in BOTH if name in params)
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

    def take(self, stretch: Stretch, end: str, part: TimeWindow) -> None:
        """Add a page that has been read, and start to read at more places if that is worthwhile."""
        place, is_first = self.stretches.index(stretch), not stretch.begun
        fresh = stretch.take(end, part, self.seen)
        if not fresh and not stretch.done:
            raise self.stuck()
        if self.from_both_ends and is_first and place and part.ids:
            self.stretches[place - 1].behind = part.ids[0]
        self.pages += 1
        self.count += fresh
        self.newest = self.newest or (part.ids[0] if part.ids else "")
        self.fastest = min(self.fastest, part.seconds)
        while behind := self._cut():
            self.stretches.insert(self.stretches.index(behind[0]) + 1, behind[1])

    def due(self) -> Iterator[tuple[Stretch, str]]:
        """Yield the periods and the ends at which to request a page now."""
        for stretch in self.stretches:
            while self.asked() < self.at_once() and (end := stretch.next_end()):
                stretch.under_way.add(end)
                yield stretch, end

    def asked(self) -> int:
        """Return how many pages are being read."""
        return sum(len(each.under_way) for each in self.stretches)

    def stuck(self) -> StripeError:
        """Return the error for a page that contains nothing new although more pages follow."""
        return StripeError(
            f"Stripe's list of {self.resource} says that more pages follow, but contains no new object"
        )

    def at_once(self) -> int:
        """Return how many readers are useful at once: more only wait for their turn, and cut in vain."""
        return READERS if self.fastest == math.inf else min(READERS, math.ceil(self.fastest * RATE) + 1)

    def _cut(self) -> tuple[Stretch, Stretch] | None:
        """Split the longest stretch if a reader is free and the number of requests allows the overlap."""
        read, expected = self.count / PAGE, self.expected / PAGE
        open_ones = [each for each in self.stretches if not each.done]
        shared = sum(each.pages_left() > SHORTEST for each in open_ones if each is not self.stretches[-1])
        readers = len(open_ones) + (shared if self.from_both_ends else 0)
        if readers >= self.at_once() or self.pages - read + readers > MORE * max(read, expected):
            return None
        rest = max(expected - read, read)
        whole = [each for each in open_ones if OLDER not in each.under_way]
        longest = max(whole, key=lambda each: (min(each.pages_left(), rest), -each.reached), default=None)
        left = min(longest.pages_left(), rest) if longest else 0.0
        if not longest or left < WORTH_IT:
            return None
        behind = longest.cut(max(SHORTEST, left / PARTS))
        return (longest, behind) if behind else None

    def nearly_read(self) -> bool:
        """Return whether the last pages are being read or have been read; False before the first page."""
        near = (each.done or (each.begun and each.pages_left() < WORTH_IT) for each in self.stretches)
        return self.pages > 0 and all(near)

    def items(self) -> list[Any]:
        return [
            item
            for stretch in self.stretches
            for page in (stretch.found, *reversed(stretch.older))
            for item in page
        ]


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
    most = MOST_PAGES_OF_PURCHASES
    scan = _Scan(ask, resource, keep, expected, clock, stretches, most, from_both_ends=False)
    for stretch in _pages(pool, scan):
        items, stretch.found = stretch.found, []
        low = stretch.low if stretch.done else stretch.reached + 1
        yield Covered(low, stretch.high, items)


def _pages(pool: Executor, scan: _Scan) -> Iterator[Stretch]:
    """Read all pages of a list, and yield the period to which each was added."""
    under_way: dict[Future[TimeWindow], tuple[Stretch, str]] = {}
    while True:
        for stretch, end in scan.due():
            under_way[pool.submit(scan.page, stretch.params(end))] = stretch, end
        if not under_way:
            return
        for future in wait(under_way, return_when=FIRST_COMPLETED).done:
            stretch, end = under_way.pop(future)
            scan.take(stretch, end, future.result())
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
