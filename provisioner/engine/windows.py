"""One long list of Stripe's, read from many places at once: split into stretches of time as it turns out.

A cursor alone reads one page a round trip. Lists can be cut by `created` (whole seconds), so while one
reader follows its cursor another begins further back. How the objects lie in time is not known before,
and is learned from each page: how many seconds a hundred objects cover just here. Objects of one second
are never cut apart; there the cursor goes on alone.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any

from provisioner.core.problem import StripeError
from provisioner.engine.ports import Lister

Item = Mapping[str, Any]
Keep = Callable[[Item], Item]

PAGE = 100
READERS = 8  # at once on one list; 25 pages a second need them when Stripe takes 300 ms for each
MOST_PAGES = 50_000  # no account has so many cards
STRIDE = 8  # pages that a reader is left with when another begins behind it
WORTH_IT = 4  # pages: shorter stretches are not cut
PAGES_A_CUT = 8  # a cut costs about one request more, so there is one for so many pages


@dataclass(frozen=True, slots=True)
class Part:
    """What is kept of one page: its objects with their times, whether more follow, its first and last id."""

    items: list[Item]
    times: list[int]
    more: bool
    first: str
    last: str


@dataclass(slots=True)
class Stretch:
    """Objects with `low` <= created < `high` (None: now), newest first; `reached` is the last one's time."""

    low: int
    high: int | None
    reached: int = 0
    a_page: float = 0.0  # seconds that the last page covers
    cursor: str = ""
    found: list[Item] = field(default_factory=list)
    begun: bool = False
    done: bool = False

    def params(self) -> dict[str, Any]:
        """What asks for the next page."""
        created = {"gte": self.low} if self.low else {}
        created |= {"lt": self.high} if self.high is not None else {}
        params: dict[str, Any] = {"created": created} if created else {}
        return params | ({"starting_after": self.cursor} if self.cursor else {})

    def pages_left(self) -> float:
        """About how many pages it still has; endless where its beginning is not known."""
        if self.done or not self.begun:
            return 0.0
        if not self.low:
            return float("inf")
        return (self.reached - self.low) / max(self.a_page, 1.0)

    def cut(self, stride: float) -> "Stretch | None":
        """
        Cut off what lies further back than `stride` pages, for another to read; None where there is nothing.

        One page more stays here, as it is being read now.
        """
        at = self.reached - int(self.a_page * (stride + 1))
        if self.low:
            at = max(at, (self.low + self.reached + 1) // 2)
        if not self.low < at <= self.reached:
            return None
        behind = Stretch(self.low, at, at, self.a_page)
        self.low = at
        return behind

    def take(self, part: Part) -> None:
        """Add a page; what was cut off while it was on its way is another's."""
        times = part.times
        self.found += [item for item, at in zip(part.items, times, strict=True) if self.has(at)]
        self.done = not part.more or times[-1] < self.low
        if times:
            self.a_page = max(times[0] - times[-1], 0) * PAGE / len(times)
            self.reached, self.begun, self.cursor = times[-1], True, part.last

    def has(self, created: int) -> bool:
        """Whether a time lies in it."""
        return self.low <= created and (self.high is None or created < self.high)


@dataclass(slots=True)
class _Scan:
    """One list being read; only the thread that runs it changes it."""

    reader: Lister
    resource: str
    keep: Keep
    expected: int
    stretches: list[Stretch] = field(default_factory=lambda: [Stretch(0, None)])
    pages: int = 0
    cuts: int = 0
    cursors: set[str] = field(default_factory=set)

    def page(self, params: Mapping[str, Any]) -> Part:
        """
        Read one page, in a thread of the pool, and keep of it what is needed.

        A list that comes back to where it was, or never ends, is an error.
        """
        cursor = params.get("starting_after", "")
        if (cursor and cursor in self.cursors) or len(self.cursors) > MOST_PAGES:
            raise StripeError(f"Stripe's list of {self.resource} goes on without an end")
        self.cursors.add(cursor)
        page = self.reader.page(self.resource, {"limit": PAGE, **params})
        times = [self.time(item) for item in page.items]
        ids = [str(item["id"]) for item in page.items]
        if page.more and (not ids or ids[-1] == params.get("starting_after")):
            raise StripeError(f"Stripe's list of {self.resource} says that it goes on, but does not")
        first, last = (ids[0], ids[-1]) if ids else ("", "")
        return Part([self.keep(item) for item in page.items], times, page.more, first, last)

    def time(self, item: Item) -> int:
        if not isinstance(item.get("id"), str):
            raise StripeError(f"Stripe's list of {self.resource} holds an object without an id")
        created = item.get("created")
        if not isinstance(created, int):
            raise StripeError(f"Stripe's list of {self.resource} holds an object without a time of creation")
        return created

    def cut(self) -> None:
        """Begin at more places, as long as the list is long enough for it."""
        most = max(self.pages, self.expected // PAGE) // PAGES_A_CUT
        stride = max(STRIDE, self.expected // PAGE // READERS)
        while self.cuts < most and sum(not each.done for each in self.stretches) < READERS:
            longest = max(self.stretches, key=Stretch.pages_left)
            behind = longest.cut(stride) if longest.pages_left() >= WORTH_IT else None
            if behind is None:
                return
            self.cuts += 1
            self.stretches.insert(self.stretches.index(longest) + 1, behind)

    def items(self) -> list[Item]:
        return [item for stretch in self.stretches for item in stretch.found]


Told = Callable[[int], None]


def read_list(
    pool: Executor, reader: Lister, resource: str, expected: int, keep: Keep, told: Told
) -> list[Item]:
    """
    Read all objects of a list, newest first, none missed and none twice while others are being created.

    `expected` is about how many there may be, `keep` makes of each what is to be kept, and `told` hears
    how many there are so far. What was created while a list of several pages was read is read last.
    Raises StripeError or AccessError.
    """
    scan = _Scan(reader, resource, keep, expected)
    under_way: dict[Future[Part], Stretch] = {}
    newest, count = "", 0
    while True:
        busy = {id(stretch) for stretch in under_way.values()}
        for stretch in scan.stretches:
            if not stretch.done and id(stretch) not in busy:
                under_way[pool.submit(scan.page, stretch.params())] = stretch
        if not under_way:
            break
        for future in wait(under_way, return_when=FIRST_COMPLETED).done:
            part = future.result()
            under_way.pop(future).take(part)
            newest = newest or part.first
            scan.pages += 1
            count += len(part.items)
        told(count)
        scan.cut()
    found = scan.items()
    return _newer(scan, newest) + found if scan.pages > 1 else found


def _newer(scan: _Scan, newest: str) -> list[Item]:
    """What has been created since the first page was read."""
    found: list[Item] = []
    while True:
        part = scan.page({"ending_before": newest})
        found = part.items + found
        if not part.more:
            return found
        newest = part.first
