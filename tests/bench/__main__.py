"""
The table: `python -m tests.bench [SIZE...] [--create] [--octodns PATH] [--terraform PATH]`.

Each figure is the median of three runs (one at 100,000 objects and under limits) of the command line in a
process of its own, against a stand-in for Stripe's API in another.
"""

import argparse
import os
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.bench import events, peers
from tests.bench.estate import Estate, write
from tests.bench.measure import PROVISIONER, Cost, Server, run, serving

LATENCY, RATE = 0.1, 25.0
FAST = ("--max-rps", "100000")
LARGE = 100_000
FEW = 1000
HEAD = f"{'':44}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}{'requests':>10}{'bound':>26}"
# design, section 12: CPU seconds and MiB of a no-change plan
BOUNDS = {1_000: (0.5, 100), 10_000: (2, 150), 100_000: (20, 600)}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    cost: Cost
    requests: int | None = None
    bound: str = ""

    def __str__(self) -> str:
        cost, asked = self.cost, "" if self.requests is None else f"{self.requests:,}"
        figures = f"{cost.wall:9.2f}{cost.cpu:9.2f}{cost.peak:10.0f}{asked:>10}"
        return f"{self.what:44}{figures}{self.bound:>26}"


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the runs happen."""

    folder: Path

    def measure(
        self, what: str, words: Sequence[str], *, bound: str = "", codes: Sequence[int] = (0,)
    ) -> Row:
        """Measure a command that needs no server."""
        return Row(what, self.median([*PROVISIONER, *words], dict(os.environ), 3, codes), None, bound)

    def against(
        self,
        what: str,
        words: Sequence[str],
        serve: AbstractContextManager[Server],
        *,
        times: int = 1,
        bound: str = "",
        codes: Sequence[int] = (0,),
    ) -> Row:
        """Measure a command against a server of its own."""
        with serve as server:
            cost = self.median([*PROVISIONER, *words], server.environ(), times, codes)
            counts = server.counts()
        refused = f" ({counts['429']} x 429)" if counts.get("429") else ""
        return Row(what + refused, cost, counts["requests"] // times, bound)

    def median(
        self, command: Sequence[str], environ: dict[str, str], times: int, codes: Sequence[int]
    ) -> Cost:
        """The run in the middle by CPU; raises RuntimeError where a command did not end as it should."""
        costs = sorted((run(command, environ, self.folder) for _ in range(times)), key=lambda cost: cost.cpu)
        for cost in costs:
            if cost.code not in codes:
                raise RuntimeError(f"{' '.join(command)} ended with {cost.code}:\n{cost.out[-2000:]}")
        return costs[statistics.median_low(range(times))]


def _cold(bench: Bench, estate: Estate) -> Iterator[Row]:
    yield bench.measure("--help, cold", ["--help"], bound="wall 0.3")
    yield bench.measure(f"validate, {FEW:,} objects", ["validate", str(estate.config)], bound="")


def _size(bench: Bench, size: int, estate: Estate) -> Iterator[Row]:
    times = 1 if size >= LARGE else 3
    cpu, peak = BOUNDS.get(size, (0, 0))
    most = int(size / 100 * 1.2 + 5)
    plan = ["plan", str(estate.config), *FAST]
    yield bench.against(
        f"plan, no change, {size:,}",
        plan,
        serving(estate.objects),
        times=times,
        bound=f"CPU {cpu}, {peak} MiB, {most:,}",
    )
    after, told = events.change(estate.objects, bench.folder, size // 100)
    yield bench.against(f"plan, 1 % changed, {size:,}", plan, serving(after), times=times)
    bench.folder.joinpath("cache").unlink(missing_ok=True)
    first = events.first_event(bench.folder)
    drift = ["drift", str(estate.config), *FAST, "--cache", str(bench.folder / "cache")]
    yield bench.against(f"drift, cold, {size:,}", drift, serving(estate.objects, first))
    few = size // 100 // 100 + 5
    yield bench.against(
        f"drift, warm, {size // 100:,} of {size:,} changed",
        drift,
        serving(after, told, first),
        bound=f"{few} requests",
        codes=(2,),
    )


def _limited(bench: Bench, size: int, estate: Estate) -> Iterator[Row]:
    yield bench.against(
        f"plan, {size:,}, 100 ms and 25/s an endpoint",
        ["plan", str(estate.config)],
        serving(estate.objects, latency=LATENCY, rate=RATE),
        bound=f"wall 1.3 x ({size / 2 / 100 / RATE:.1f} + CPU)",
    )


def _create(bench: Bench, estate: Estate) -> Iterator[Row]:
    yield bench.against(
        "apply, 1,000 + 1,000 new, 100 ms and 25/s",
        ["apply", str(estate.config), "--auto-approve"],
        serving(latency=LATENCY, rate=RATE),
        bound="wall 47",
    )


def _peers(bench: Bench, size: int, given: argparse.Namespace) -> Iterator[Row]:
    if command := peers.octodns(bench.folder / "octodns", size, given.octodns):
        yield Row(f"octoDNS, no change, {size:,} records", bench.median(command, dict(os.environ), 1, (0,)))
    if size <= given.terraform_most and (
        command := peers.terraform(bench.folder / "terraform", size, given.terraform)
    ):
        bench.median([*command[:2], "init", "-input=false"], dict(os.environ), 1, (0,))
        yield Row(f"Terraform, plan, {size:,} objects", bench.median(command, dict(os.environ), 1, (0,)))


def _rows(bench: Bench, given: argparse.Namespace) -> Iterator[Row]:
    estates = {size: write(given.folder / str(size), size // 2, size - size // 2) for size in given.sizes}
    small = write(given.folder / str(FEW), FEW // 2, FEW // 2)
    yield from _cold(bench, small)
    for size, estate in estates.items():
        yield from _size(bench, size, estate)
        yield from _peers(bench, size, given)
        yield from _limited(bench, size, estate)
    if given.create:
        yield from _create(bench, write(given.folder / "2000", FEW, FEW))


def main() -> None:
    """Print the table, a line as soon as it is known."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench")
    asked.add_argument("sizes", nargs="*", type=int, default=[1_000, 10_000, LARGE])
    asked.add_argument("--create", action="store_true", help="also create 1,000 + 1,000 (takes 45 s)")
    asked.add_argument("--octodns", help="the program octodns-sync, where it is not on the PATH")
    asked.add_argument("--terraform", help="the program terraform, where it is not on the PATH")
    asked.add_argument("--terraform-most", type=int, default=5_000, help="objects; it needs GiB for more")
    asked.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "provisioner-bench")
    given = asked.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    print(HEAD)  # noqa: T201
    with tempfile.TemporaryDirectory() as folder:
        for row in _rows(Bench(Path(folder)), given):
            print(row, flush=True)  # noqa: T201
    print(f"\n{peers.OCTODNS_DIFFERS}\n{peers.TERRAFORM_DIFFERS}")  # noqa: T201


if __name__ == "__main__":
    main()
