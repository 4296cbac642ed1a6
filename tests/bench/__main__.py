"""
The table: `python -m tests.bench [SIZE...] [--without-peers] [--page FILE]`, or `--quick`.

Figures are medians of three runs (five from a cold start and beside octoDNS; one of 100,000 objects, with a
cache, and under limits). octoDNS and localstripe are installed from PyPI into the folder of estates;
Terraform or OpenTofu, and stripe-mock, are run where they are on the PATH.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.bench import backtest, peers, rows, sandbox, served
from tests.bench.estate import write
from tests.bench.page import Table, machine, page, table
from tests.bench.quick import quick
from tests.bench.rows import Bench, Row

SIZES = (1_000, 5_000, 10_000, 100_000)
# Terraform needs minutes and up to 10 GiB for these
TERRAFORM_MOST = 5_000
GROWTH = 110
FASTER = 5
CREATES = 4_000


def show(found: Iterable[Row]) -> Iterator[Row]:
    """Print rows, each as soon as it is known."""
    for row in found:
        print(row, flush=True)  # noqa: T201
        yield row


def compared(ours: Row, theirs: Row, *, judged: bool) -> Row:
    """Return a peer's row, with how much dearer it is than ours, and whether that meets the bound."""
    cpu, wall = theirs.cost.cpu / ours.cost.cpu, theirs.cost.wall / ours.cost.wall
    met = "met" if min(cpu, wall) >= FASTER else "NOT MET"
    bound = f"; bound {FASTER} x {met}" if judged else ""
    return theirs.saying(f"{cpu:.1f} x our CPU and {wall:.1f} x our wall{bound}")


def of_size(bench: Bench, size: int, folder: Path, *, with_peers: bool) -> Iterator[Row]:
    """Yield the rows of an estate of so many objects."""
    estate = write(folder / str(size), size // 2, size - size // 2)
    planned = list(show(rows.plans(bench, size, estate)))
    yield from planned
    yield from show(rows.limited(bench, size, estate))
    yield from show(rows.cached(bench, size, estate))
    if not with_peers:
        return
    for ours, theirs in peers.octodns(bench, size, estate, folder / "octodns"):
        yield from show((ours, compared(ours, theirs, judged=size >= rows.MANY)))
    if size <= TERRAFORM_MOST:
        for theirs in peers.terraform(bench, size):
            yield from show((compared(planned[-1], theirs, judged=size == TERRAFORM_MOST),))


def tables(bench: Bench, sizes: list[int], folder: Path, *, with_peers: bool) -> Iterator[Table]:
    """Yield the tables, and print them meanwhile."""
    yield table("From a cold start", show(rows.cold(bench, write(folder / "1000", 500, 500))))
    unchanged = {}
    for size in sizes:
        found = [*of_size(bench, size, folder, with_peers=with_peers)]
        unchanged[size] = found[0].cost.cpu
        yield table(f"{size:,} objects", found)
    least, most = min(sizes), max(sizes)
    if least < most:
        times, bound = unchanged[most] / unchanged[least], GROWTH * most / least / 100
        met = "met" if times <= bound else "NOT MET"
        print(f"CPU from {least:,} to {most:,} objects: x {times:.1f}; bound {bound:g} {met}")  # noqa: T201
    virtual = write(folder / "2000", 1_000, 1_000)
    physical = write(folder / "2000-physical", 1_000, 1_000, physical=True)
    yield table("Applying", show(rows.creation(bench, virtual, physical, 1_000)))
    yield table("Backtests of 2,000 cards, from a file of past purchases", show(backtest.rows(bench.folder)))
    head = ("", "first, s", "median, s", "bytes", "bounds")
    yield Table("Pages of `serve` for 10,000 cards", head, [*printed(served.lines(10_000))])
    if with_peers:
        creates = sandbox.measure(folder / "localstripe", CREATES)
        found = [*printed((name, f"{figure:,.0f}") for name, figure in creates)]
        yield Table("The sandbox: eight connections, in turns", ("", "creates a second"), found)


def printed(lines: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Print lines, each as soon as it is known."""
    for line in lines:
        print(*line, sep="  ", flush=True)  # noqa: T201
        yield line


def main() -> None:
    """Measure what is asked for."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    asked.add_argument("sizes", nargs="*", type=int, default=SIZES)
    asked.add_argument("--without-peers", action="store_true")
    asked.add_argument("--page", type=Path, help="write the run as a page, such as docs/performance.md")
    asked.add_argument("--quick", action="store_true", help="compare counts with counts.json, and no times")
    asked.add_argument("--update", action="store_true", help="with --quick: write counts.json again")
    asked.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "provisioner-bench")
    given = asked.parse_args()
    if given.quick:
        sys.exit(not quick(update=given.update))
    given.folder.mkdir(parents=True, exist_ok=True)
    print(f"{machine()}, load {os.getloadavg()[0]:.1f} before\n{rows.HEAD}")  # noqa: T201
    with tempfile.TemporaryDirectory() as scratch:
        bench, with_peers = Bench(Path(scratch)), not given.without_peers
        found = [*tables(bench, list(given.sizes), given.folder, with_peers=with_peers)]
    if given.page:
        given.page.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
