"""Progress on stderr: a live line on a terminal, plain lines in a log, nothing for what is quick."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 1.0  # seconds before anything is said
PAUSE = 5.0  # seconds between plain lines


class Reading:
    """Says how far the reading of Stripe is, once it takes longer than a second."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
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

    def progress(self, resource: str, count: int) -> None:
        """Take note of how many objects of a resource have been read."""
        self._counts[resource] = count
        now = time.monotonic()
        if now - self._begun < PATIENCE:
            return
        text = "Reading Stripe: " + ", ".join(f"{n:,} {name}" for name, n in sorted(self._counts.items()))
        if sys.stderr.isatty():
            self._show(text)
        elif now - self._said >= PAUSE:
            self._said = now
            click.echo(text, err=True)

    def _show(self, text: str) -> None:
        if self._live is None or self._task is None:
            from rich.console import Console  # noqa: PLC0415 - only a long read on a terminal needs it
            from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

            self._live = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._live.start()
            self._task = self._live.add_task(text, total=None)
        self._live.update(self._task, description=text)
