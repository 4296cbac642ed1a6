"""The tables as a page of the documentation, docs/performance.md: `python -m tests.bench --page FILE`."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import peers, sandbox
from tests.bench.rows import Row

COMMAND = ("", "wall", "CPU", "peak MiB", "requests", "bounds")
HEAD = """# Performance

These figures are one run of `python -m tests.bench` on {day}, on a machine with {machine}.
Each command runs in its own process and talks HTTP with a server on the same machine. Wall and
CPU are seconds, start-up included; the peak is the resident memory. Rows that say "100 ms, 25/s" have a
server that takes 100 ms for each request and refuses more than 25 requests a second for each endpoint, and
more than 100 in all, as Stripe does in live mode. The last column has the bound that we set ourselves, and
whether this run met it. "The limit" is the time that such a rate takes with no work at all: for a plan, the
pages of the larger kind at 25 a second, and two round trips; for an apply, its creations and activations.
"Warm" rows have a [cache file](how-to/large-accounts.md).

Compare figures only within one run: another machine has others.
"""
FOOT = """
## How the others differ

- {octodns}
- {terraform}
- {sandbox}

`python -m tests.bench --quick` takes under a minute and compares requests, bytes and allocations, which are
the same on every machine, with those of the last change; CI fails if one has grown by 20 %.
"""


def machine() -> str:
    """Name the processor, the number of cores and the version of Python."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8").splitlines()
        cpu = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), cpu)
    return f"{os.cpu_count()} cores ({cpu}), {platform.system()}, Python {platform.python_version()}"


@dataclass(frozen=True, slots=True)
class Table:
    """One section of the page: its title, the heads of its columns, and its lines."""

    title: str
    head: tuple[str, ...]
    lines: list[tuple[str, ...]]

    def __str__(self) -> str:
        rows = [self.head, ("---",) * len(self.head), *self.lines]
        return f"\n## {self.title}\n\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def table(title: str, rows: Iterable[Row]) -> Table:
    """Return the table of some commands."""
    return Table(title, COMMAND, [_line(row) for row in rows])


def page(tables: Iterable[Table]) -> str:
    """Return the page."""
    head = HEAD.format(day=f"{datetime.now(UTC):%Y-%m-%d}", machine=machine())
    foot = FOOT.format(
        octodns=peers.OCTODNS_DIFFERS, terraform=peers.TERRAFORM_DIFFERS, sandbox=sandbox.DIFFERS
    )
    return head + "".join(map(str, tables)) + foot


def _line(row: Row) -> tuple[str, ...]:
    cost, asked = row.cost, "" if row.requests is None else f"{row.requests:,}"
    return row.what, f"{cost.wall:.2f}", f"{cost.cpu:.2f}", f"{cost.peak:.0f}", asked, row.verdict()
