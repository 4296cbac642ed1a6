"""Progress on stderr: a live line on a terminal, plain lines in a log, nothing for what is quick."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from provisioner.cli.terminal.log import is_json, tell
from provisioner.stripe_api.rate_limit import Limits, at_least

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 1.0  # seconds before anything is said
PAUSE = 5.0  # seconds between plain lines
MINUTE = 60
PAGE = 100  # objects a request


class ProgressDisplay:
    """
    How many of so many are done, how fast, and how long the rest will take.

    `least` says how many seconds the rest takes at least, by the limits that requests are sent under;
    without it all is taken to go on as it has begun.
    """

    def __init__(
        self, what: str, unit: str, total: int | None, least: Callable[[], float] | None = None
    ) -> None:
        self._what, self._unit, self._total = what, unit, total
        self._least = least
        self._whole = least() if least else 0.0
        self._begun = time.monotonic()
        self._said = self._begun + PATIENCE - PAUSE
        self._live: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def line(self, text: str, **facts: Any) -> None:
        """Say a line of its own, above the live one where there is one."""
        if self._live:
            self._live.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            tell(text, **facts)

    def reach(self, done: int, detail: str = "") -> None:
        """Take note of how far it is."""
        now = time.monotonic()
        took = now - self._begun
        if took < PATIENCE:
            return
        if is_drawn():
            self._draw(done, detail)
        elif now - self._said >= PAUSE:
            self._said = now
            rate = done / took
            tell(
                f"{self._what}: {detail or self._counted(done)}, {rate:,.0f}/s{self._left(done, took)}",
                done=done,
                total=self._total,
                rate=round(rate, 1),
            )

    def _counted(self, done: int) -> str:
        of = f" of {self._total:,}" if self._total else ""
        return f"{done:,}{of} {self._unit}"

    def _left(self, done: int, took: float) -> str:
        if not self._total or not 0 < done < self._total:
            return ""
        if self._least:
            seconds = time_left(self._whole, self._least(), took)
        else:
            seconds = (self._total - done) * took / done
        return f", about {spell(seconds)} left"

    def _draw(self, done: int, detail: str) -> None:
        if self._live is None or self._task is None:
            from rich.console import Console  # noqa: PLC0415 - cold start: little is drawn
            from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415 - cold start: as above

            self._live = Progress(
                TextColumn(self._what),
                BarColumn(),
                TextColumn("{task.fields[counted]}, {task.fields[rate]}"),
                console=Console(stderr=True, safe_box=True),
                transient=True,
            )
            self._task = self._live.add_task("", total=self._total, counted="", rate="")
            self._live.start()
        took = time.monotonic() - self._begun
        total = None if self._total is None else max(self._total, done)
        self._live.update(
            self._task,
            completed=done,
            total=total,
            counted=detail or self._counted(done),
            rate=f"{done / took:,.0f}/s{self._left(done, took)}",
        )


def time_left(whole: float, rest: float, took: float) -> float:
    """
    The seconds that are left: as the limits allow, and as much slower as it has been up to now.

    `whole` and `rest` are what the limits allow for all of it and for what is left, `took` what the
    difference has taken.
    """
    gone = whole - rest
    return rest * max(1.0, took / gone) if gone > 0 else rest


def spell(seconds: float) -> str:
    """Seconds as minutes and seconds: 0:42."""
    minutes, rest = divmod(round(seconds), MINUTE)
    return f"{minutes}:{rest:02}"


def is_drawn() -> bool:
    """Whether stderr is a terminal that can be drawn on; a CI's log is not, whatever it says of itself."""
    return (
        sys.stderr.isatty()
        and not os.environ.get("CI")
        and os.environ.get("TERM") != "dumb"
        and not is_json()
    )


class ReadProgress(ProgressDisplay):
    """
    Says how far the reading of Stripe is, once it takes longer than a second.

    `expected` is how many objects of each resource the configuration lets one expect: Stripe's lists do
    not say.
    """

    def __init__(self, expected: Mapping[str, int], limits: Limits) -> None:
        self._expected, self._limits = expected, limits
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()
        super().__init__("Reading Stripe", "objects", sum(expected.values()) or None, self._pages_left)

    def progress(self, resource: str, count: int) -> None:
        """Take note of how many objects of a resource have been read."""
        with self._lock:
            self._counts[resource] = count
            detail = ", ".join(f"{n:,} {name}" for name, n in sorted(self._counts.items()))
            self.reach(sum(self._counts.values()), detail)

    def _pages_left(self) -> float:
        """The seconds that the pages of what is expected, and has not come, take at least."""
        missing = (max(0, n - self._counts.get(name, 0)) for name, n in self._expected.items())
        return at_least(self._limits, [-(-n // PAGE) for n in missing])


@contextmanager
def reading(expected: Mapping[str, int], limits: Limits) -> Iterator[Callable[[str, int], None]]:
    """Show how far the reading of Stripe is, as an `Account` asks for it."""
    with ReadProgress(expected, limits) as display:
        yield display.progress
