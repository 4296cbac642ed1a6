"""What is measured: each row a command in a process of its own, against a stand-in for Stripe in another."""

import os
import statistics
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import chain, cycle
from pathlib import Path

from tests.bench import events
from tests.bench.bound import UNBOUND, Bound, times_the_limit
from tests.bench.estate import Estate
from tests.bench.measure import PROVISIONER, Cost, Server, run, serving

LATENCY, RATE = 0.1, 25.0
FAST = ("--max-rps", "100000", "--max-endpoint-rps", "100000")
LIVE = ("--max-rps", "100")  # in all, as Stripe lets live mode; the key must be a test key
SAME = "No changes."
MANY, LARGE = 10_000, 100_000
PAGE = 100
HEAD = f"{'':46}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}{'requests':>10}  bounds"
# CPU seconds and MiB of a plan without changes, and of one in which everything is new
BOUNDS = {1_000: (0.5, 100), 10_000: (2.0, 150), 100_000: (20.0, 600)}
NEW_BOUNDS = {10_000: (3.0, 150), 100_000: (30.0, 700)}
EXAMPLE = Path(__file__).parents[2] / "examples" / "acme"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    cost: Cost
    requests: int | None = None
    bound: Bound = UNBOUND
    said: str = ""

    def saying(self, said: str) -> "Row":
        """Return the row with another verdict than that of its bound."""
        return replace(self, said=said)

    def verdict(self) -> str:
        """Return the bounds, each with whether it was met."""
        return self.said or self.bound.judge(self.cost, self.requests)

    def __str__(self) -> str:
        cost, asked = self.cost, "" if self.requests is None else f"{self.requests:,}"
        figures = f"{cost.wall:9.2f}{cost.cpu:9.2f}{cost.peak:10.0f}{asked:>10}"
        return f"{self.what:46}{figures}  {self.verdict()}".rstrip()


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the runs happen."""

    folder: Path

    def alone(self, what: str, words: Sequence[str], bound: Bound = UNBOUND) -> Row:
        """Measure a command that needs no server: the middle of five runs."""
        cost = self.median([*PROVISIONER, *words], dict(os.environ), 5)
        return Row(what, cost, None, bound)

    def against(
        self,
        what: str,
        words: Sequence[str],
        serve: AbstractContextManager[Server],
        bound: Bound = UNBOUND,
        *,
        times: int = 1,
        says: str = "",
    ) -> Row:
        """Measure a command against a server of its own; raises RuntimeError unless it `says` so."""
        with serve as server:
            cost = self.median([*PROVISIONER, *words], server.environ(), times, (0, 2))
            counts = server.counts()
        if says not in cost.out:
            raise RuntimeError(f"{what} does not say {says!r}; the folder of estates may be an old one")
        refused = f" ({counts['429']} x 429)" if counts.get("429") else ""
        return Row(what + refused, cost, counts["requests"] // times, bound)

    def median(
        self, command: Sequence[str], environ: dict[str, str], times: int = 1, codes: Sequence[int] = (0,)
    ) -> Cost:
        """The run in the middle by CPU; raises RuntimeError where a command did not end as it should."""
        return self.in_turns([(command, environ)], times, codes)[0]

    def in_turns(
        self,
        commands: Sequence[tuple[Sequence[str], dict[str, str]]],
        times: int,
        codes: Sequence[int] = (0,),
    ) -> list[Cost]:
        """
        The middle runs of several commands that run in turns; raises RuntimeError as `median` does.

        What else the machine has to do meanwhile is then the same for all.
        """
        rounds = [[run(*each, self.folder) for each in commands] for _ in range(times)]
        for cost, (command, _) in zip(chain.from_iterable(rounds), cycle(commands), strict=False):
            if cost.code not in codes:
                raise RuntimeError(f"{' '.join(command)} ended with {cost.code}:\n{cost.out[-2000:]}")
        middle = statistics.median_low(range(times))
        return [sorted(costs, key=lambda cost: cost.cpu)[middle] for costs in zip(*rounds, strict=True)]


def cold(bench: Bench, estate: Estate) -> Iterator[Row]:
    """From a cold start."""
    yield bench.alone("--help", ["--help"], Bound(wall=0.3))
    yield bench.alone("validate, examples/acme", ["validate", str(EXAMPLE)], Bound(wall=0.3))
    yield bench.alone("validate, 1,000 objects", ["validate", str(estate.config)])


def plans(bench: Bench, size: int, estate: Estate) -> Iterator[Row]:
    """Plans of everything: nothing changed, 1 % changed, all to be created."""
    times = 1 if size >= LARGE else 3
    cpu, peak = BOUNDS.get(size, (None, None))
    bound = Bound(None, cpu, peak, int(size / PAGE * 1.2 + 5))
    plan = ["plan", str(estate.config), *FAST]
    yield bench.against(
        f"plan, no change, {size:,}", plan, serving(estate.objects), bound, times=times, says=SAME
    )
    after, _ = events.change(estate.objects, bench.folder, size // 100)
    some = f"{size // 100} to update"
    bound = Bound(requests=bound.requests)
    yield bench.against(f"plan, 1 % changed, {size:,}", plan, serving(after), bound, times=times, says=some)
    bound = Bound(None, *NEW_BOUNDS.get(size, (None, None)))
    what = f"plan, all to be created, {size:,}"
    yield bench.against(what, plan, serving(), bound, says=f"{size} to create")


def cached(bench: Bench, size: int, estate: Estate) -> Iterator[Row]:
    """With a cache file: drift that writes it; drift and plan that need it."""
    changed = size // 100
    after, told = events.change(estate.objects, bench.folder, changed)
    first, cache = events.first_event(bench.folder), bench.folder / "cache"
    cache.unlink(missing_ok=True)
    words = [str(estate.config), "--cache", str(cache)]
    few = Bound(requests=changed // PAGE + 5)
    now, some = (after, told, first), f"{changed} to update"
    of = f"{changed:,} of {size:,} changed"
    yield bench.against(f"drift, cold, {size:,}", ["drift", *words, *FAST], serving(estate.objects, first))
    yield bench.against(f"drift, warm, {of}", ["drift", *words, *FAST], serving(*now), few)
    yield bench.against(f"plan, warm, {of}", ["plan", *words, *FAST], serving(*now), few, says=some)
    slow = serving(*now, latency=LATENCY, rate=RATE)
    yield bench.against(f"plan, warm, {size:,}, 100 ms, 25/s", ["plan", *words, *LIVE], slow, few)


def limited(bench: Bench, size: int, estate: Estate) -> Iterator[Row]:
    """Under the limits of Stripe's, with 100 ms for each request."""
    requests = int(size / PAGE * 1.2 + 5)
    # half of the objects are cards: the pages of one endpoint, and the way of the last
    limit = size / 2 / PAGE / RATE + 2 * LATENCY
    bound = times_the_limit(limit, 1.3, requests) if size >= MANY else Bound(requests=requests)
    serve = serving(estate.objects, latency=LATENCY, rate=RATE)
    yield bench.against(
        f"plan, no change, {size:,}, 100 ms, 25/s", ["plan", str(estate.config), *LIVE], serve, bound
    )


def creation(bench: Bench, virtual: Estate, physical: Estate, each: int) -> Iterator[Row]:
    """So many cardholders and as many cards, created; physical cards are activated as well."""
    for estate, kind, calls in ((virtual, "virtual", each), (physical, "physical active", 2 * each)):
        apply = ["apply", str(estate.config), "--auto-approve"]
        what = f"apply, {each:,} + {each:,} {kind}"
        yield bench.against(what, [*apply, *FAST], serving())
        bound = Bound(wall=1.1 * calls / RATE + 3, limit=calls / RATE)
        yield bench.against(
            f"{what}, 100 ms, 25/s", [*apply, *LIVE], serving(latency=LATENCY, rate=RATE), bound
        )
