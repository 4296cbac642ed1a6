"""
Writes the report of a fleet line by line: to stdout in one format, and to files in that of their
suffix.
"""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import click

from provisioner.cli.terminal.progress import is_drawn
from provisioner.cli.terminal.render import say_text
from provisioner.core.model.errors import ProvisionerError
from provisioner.core.model.fleet_report import AccountLine, FleetTotals
from provisioner.core.model.json_document import FORMAT_VERSION
from provisioner.core.plan.document import as_json
from provisioner.engine.private_file import emptied
from provisioner.fleet.outcome import AccountOutcome
from provisioner.fleet.totals import Totals, totals_document
from provisioner.views.fleet import columns, outcome_line, totals_text
from provisioner.views.fleet_html import html_head, html_row, html_tail

SUFFIXES = {".jsonl": "jsonl", ".html": "html", ".txt": "text"}
# seconds between progress lines in a log; on a terminal, one line is updated four times per second
PAUSE = 5.0
BLINK = 0.25
GAPS = 4  # spaces between the columns of an account: id, name, result
CLEAR = "\r\x1b[2K"  # clears the current line of a terminal
Write = Callable[[str, int], Any]  # a text, and the column at which its continuation lines begin


class FleetReport:
    """Writes each outcome once it is known, and keeps only the totals of each phase."""

    def __init__(self, fleet: str, sinks: Sequence[tuple[str, Write]], columns: tuple[int, int]) -> None:
        self._fleet = fleet
        self._sinks, self._columns = sinks, columns
        self.phases: list[FleetTotals] = []  # the totals of the phases that have ended
        self._each("html", lambda: html_head(fleet))

    def _each(self, format_: str, say: Callable[[], str], hanging: int = 0) -> None:
        for name, write in self._sinks:
            if name == format_:
                write(say(), hanging)

    def outcome(self, outcome: AccountOutcome) -> None:
        """Write the outcome of one account."""
        self._each("text", lambda: outcome_line(outcome, *self._columns) + "\n", sum(self._columns) + GAPS)
        self._each("jsonl", lambda: _json_line(outcome.line))
        self._each("html", lambda: html_row(outcome))

    def phase(self, totals: Totals, seconds: float) -> None:
        """Write the totals of a phase."""
        document = totals_document(totals, self._fleet, seconds)
        self.phases.append(document)
        self._each("text", lambda: "\n" + totals_text(document) + "\n")
        self._each("jsonl", lambda: _json_line(document))

    def close(self) -> None:
        """Finish the report."""
        self._each("html", lambda: html_tail(self.phases))


def _json_line(document: AccountLine | FleetTotals) -> str:
    return json.dumps({"format_version": FORMAT_VERSION, **as_json(document)}) + "\n"


@contextmanager
def report(
    fleet: str, format_: str, files: Sequence[Path], accounts: Iterable[tuple[str, str]]
) -> Iterator[FleetReport]:
    """Open a report on stdout and in files; raises ProvisionerError for a file that cannot be written."""
    with ExitStack() as stack:
        widths = columns(accounts)
        sinks: list[tuple[str, Write]] = [(format_, _say if format_ == "text" else _say_page)]
        for path in files:
            if path.suffix not in SUFFIXES:
                raise ProvisionerError(f"{path}: the name of a report must end in {', '.join(SUFFIXES)}")
            file = stack.enter_context(os.fdopen(emptied(path), "w", encoding="utf-8", newline="\n"))
            sinks.append((SUFFIXES[path.suffix], partial(_write, file)))
        made = FleetReport(fleet, sinks, widths)
        try:
            yield made
        finally:
            made.close()


def _say(text: str, hanging: int) -> None:
    say_text(text, color=None, hanging=hanging)


def _say_page(text: str, _hanging: int) -> None:
    click.echo(text, nl=False)


def _write(file: TextIO, text: str, _hanging: int) -> None:
    file.write(text)


class FleetProgress:
    """Shows the progress of a phase on stderr: accounts, rate, and time left."""

    def __init__(self, phase: str, accounts: int) -> None:
        self._phase, self._accounts = phase, accounts
        self._begun = self._said = time.monotonic()
        self._live = is_drawn()

    @property
    def seconds(self) -> float:
        """Return the seconds since the phase began."""
        return time.monotonic() - self._begun

    def show(self, totals: Totals) -> None:
        """Show the progress, unless the last time was a moment ago."""
        now = time.monotonic()
        if now - self._said < (BLINK if self._live else PAUSE):
            return
        self._said = now
        rate = totals.seen / self.seconds
        left = f", {(self._accounts - totals.seen) / rate:.0f} s left" if rate else ""
        failed = f"; {totals.failed} failed" if totals.failed else ""
        line = f"{self._phase}: {totals.seen:,} of {self._accounts:,} accounts, {rate:.1f}/s{left}{failed}"
        click.echo(f"{CLEAR}{line}" if self._live else line, err=True, nl=not self._live)

    def clear(self) -> None:
        """Clear the progress line of a terminal before other output."""
        if self._live:
            click.echo(CLEAR, err=True, nl=False)
