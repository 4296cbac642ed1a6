"""What a run may cost (design, section 12), and whether it does."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.measure import Cost


@dataclass(frozen=True, slots=True)
class Bound:
    """The most seconds, MiB and requests; `wall` is told the CPU seconds that a run took."""

    wall: Callable[[float], float] | None = None
    cpu: float | None = None
    peak: float | None = None
    requests: int | None = None

    def judge(self, cost: Cost, requests: int | None) -> str:
        """The limits, each with whether it was met."""
        wall = None if self.wall is None else self.wall(cost.cpu)
        pairs = [
            ("wall", "s", cost.wall, wall),
            ("CPU", "s", cost.cpu, self.cpu),
            ("peak", "MiB", cost.peak, self.peak),
            ("requests", "", requests or 0, self.requests),
        ]
        return ", ".join(
            f"{name} {most:g} {unit}".strip() + (" met" if had <= most else " NOT MET")
            for name, unit, had, limit in pairs
            if limit is not None
            for most in [round(limit, 2)]
        )


UNBOUND = Bound()


def at_most(seconds: float) -> Bound:
    """A bound on the wall clock alone."""
    return Bound(wall=lambda _cpu: seconds)


def paced(seconds: float, factor: float) -> Bound:
    """A bound on the wall clock where Stripe's limit asks for so many seconds anyway."""
    return Bound(wall=lambda cpu: factor * (seconds + cpu))
