"""
The table: `python -m tests.bench [SIZE...] [--without-peers]`.

Figures are medians of three runs (five from a cold start and beside octoDNS; one of 100,000 objects, with a
cache, and under limits). octoDNS is installed from PyPI into the folder of estates; Terraform or OpenTofu is
run where it is on the PATH.
"""

import argparse
import os
import platform
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench import peers, rows
from tests.bench.estate import write
from tests.bench.rows import Bench, Row

SIZES = (1_000, 5_000, 10_000, 100_000)
# Terraform needs minutes and up to 10 GiB for these
TERRAFORM_MOST = 5_000
GROWTH = 110
FASTER = 5


def show(found: Iterator[Row]) -> list[Row]:
    """Print rows, each as soon as it is known."""
    shown = []
    for row in found:
        print(row, flush=True)  # noqa: T201
        shown.append(row)
    return shown


def compare(ours: Row, theirs: Row, *, judged: bool) -> None:
    """Print how much dearer a peer is than we are."""
    cpu, wall = theirs.cost.cpu / ours.cost.cpu, theirs.cost.wall / ours.cost.wall
    met = "met" if min(cpu, wall) >= FASTER else "NOT MET"
    bound = f"; bound {FASTER} x {met}" if judged else ""
    print(f"  {cpu:.1f} x the CPU and {wall:.1f} x the wall of: {ours.what}{bound}")  # noqa: T201


def measure(bench: Bench, sizes: list[int], folder: Path, *, with_peers: bool) -> None:
    """Print the table."""
    print(rows.HEAD)  # noqa: T201
    show(rows.cold(bench, write(folder / "1000", 500, 500)))
    planned = {}
    for size in sizes:
        print()  # noqa: T201
        estate = write(folder / str(size), size // 2, size - size // 2)
        unchanged, _, new = show(rows.plans(bench, size, estate))
        planned[size] = unchanged
        show(rows.limited(bench, size, estate))
        show(rows.cached(bench, size, estate))
        if with_peers:
            for ours, theirs in peers.octodns(bench, size, estate, folder / "octodns"):
                show(iter((ours, theirs)))
                compare(ours, theirs, judged=size >= rows.MANY)
            for theirs in show(peers.terraform(bench, size)) if size <= TERRAFORM_MOST else ():
                compare(new, theirs, judged=size == TERRAFORM_MOST)
    print()  # noqa: T201
    show(rows.creation(bench, write(folder / "2000", 1_000, 1_000), 1_000))
    least, most = min(sizes), max(sizes)
    if least < most:
        times = planned[most].cost.cpu / planned[least].cost.cpu
        bound = GROWTH * most / least / 100
        met = "met" if times <= bound else "NOT MET"
        print(f"CPU from {least:,} to {most:,} objects: x {times:.1f}; bound {bound:g} {met}")  # noqa: T201


def main() -> None:
    """Measure what is asked for."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    asked.add_argument("sizes", nargs="*", type=int, default=SIZES)
    asked.add_argument("--without-peers", action="store_true")
    asked.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "provisioner-bench")
    given = asked.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    busy = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores (load {busy:.1f} before), Python {platform.python_version()}")  # noqa: T201
    with tempfile.TemporaryDirectory() as scratch:
        measure(Bench(Path(scratch)), list(given.sizes), given.folder, with_peers=not given.without_peers)
    if not given.without_peers:
        print(f"\n{peers.OCTODNS_DIFFERS}\n{peers.TERRAFORM_DIFFERS}")  # noqa: T201


if __name__ == "__main__":
    main()
