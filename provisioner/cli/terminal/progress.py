"""Progress on stderr: a live line on a terminal, plain lines in a log, and nothing for quick work."""

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from provisioner.cli.terminal.log import clear, draw, is_json, tell
from provisioner.core.purchases.result import ScenarioResult
from provisioner.stripe_api.rate_limit import Limits, at_least

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 1.0  # seconds before the first output
PAUSE = 5.0  # seconds between plain lines
MINUTE = 60
PAGE = 100  # objects per request


class ProgressDisplay:
    """
    Shows how many of `total` are done, the rate, and the time left.

    `least` returns the minimum seconds for the rest under the rate limits; without it, the rate so far is
    assumed to continue.
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
            clear()

    def line(self, text: str, **facts: Any) -> None:
        """Print a line. On a terminal it is cut to the width, because the final report has it in full."""
        columns = shutil.get_terminal_size().columns
        if len(text) > columns and sys.stderr.isatty() and not is_json():
            text = f"{text[: columns - 3]}..."
        tell(text, **facts)

    def reach(self, done: int, detail: str = "") -> None:
        """Record progress, and show it now and then."""
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
            from rich.console import Console  # noqa: PLC0415 - cold start: rarely drawn
            from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415 - cold start: as above

            self._live = Progress(
                TextColumn(self._what),
                BarColumn(),
                TextColumn("{task.fields[counted]}, {task.fields[rate]}"),
                console=Console(stderr=True, safe_box=True),
                transient=True,
            )
            self._task = self._live.add_task("", total=self._total, counted="", rate="")
            draw(self._live)
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
    Estimate the seconds left: the minimum under the rate limits, scaled by the pace so far.

    `whole` and `rest` are the minimum seconds for everything and for the part that is left; `took` is how
    long the completed part took.
    """
    gone = whole - rest
    return rest * max(1.0, took / gone) if gone > 0 else rest


def spell(seconds: float) -> str:
    """Write seconds as minutes and seconds: 0:42."""
    minutes, rest = divmod(round(seconds), MINUTE)
    return f"{minutes}:{rest:02}"


def is_drawn() -> bool:
    """Return whether a live line can be drawn on stderr; in a CI log, it cannot."""
    return (
        sys.stderr.isatty()
        and not os.environ.get("CI")
        and os.environ.get("TERM") != "dumb"
        and not is_json()
    )


class ReadProgress(ProgressDisplay):
    """
    Shows the progress of reading Stripe, once that takes longer than a second.

    `expected` is the number of objects of each resource according to the configuration: Stripe's lists
    have no totals.
    """

    def __init__(self, expected: Mapping[str, int], limits: Limits) -> None:
        self._expected, self._limits = expected, limits
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()
        super().__init__("Reading Stripe", "objects", sum(expected.values()) or None, self._pages_left)

    def progress(self, resource: str, count: int) -> None:
        """Record how many objects of a resource have been read."""
        with self._lock:
            self._counts[resource] = count
            detail = ", ".join(f"{n:,} {name}" for name, n in sorted(self._counts.items()))
            self.reach(sum(self._counts.values()), detail)

    def _pages_left(self) -> float:
        """Return the minimum seconds for reading the pages that are still expected."""
        missing = (max(0, n - self._counts.get(name, 0)) for name, n in self._expected.items())
        return at_least(self._limits, [-(-n // PAGE) for n in missing])


@contextmanager
def reading(expected: Mapping[str, int], limits: Limits) -> Iterator[Callable[[str, int], None]]:
    """Show the progress of reading Stripe; an `Account` calls this as its `display`."""
    with ReadProgress(expected, limits) as display:
        yield display.progress


def collect_scenarios(results: Iterator[ScenarioResult], total: int) -> list[ScenarioResult]:
    """Return the results of `total` scenarios, showing progress while they run."""
    found: list[ScenarioResult] = []
    with ProgressDisplay("Running", "scenarios", total) as pace:
        for result in results:
            found.append(result)
            pace.reach(len(found))
    return found
