"""What a run may cost (design, section 12), and whether it does."""

from dataclasses import dataclass

from tests.bench.measure import Cost


@dataclass(frozen=True, slots=True)
class Bound:
    """The most seconds, MiB and requests; `limit` are the seconds that Stripe's rate alone asks for."""

    wall: float | None = None
    cpu: float | None = None
    peak: float | None = None
    requests: int | None = None
    limit: float | None = None

    def judge(self, cost: Cost, requests: int | None) -> str:
        """The bounds, each with whether it was met."""
        ratio = f"{cost.wall / self.limit:.2f} x the limit of {self.limit:.1f} s; " if self.limit else ""
        rows = [
            ("wall", "s", cost.wall, self.wall),
            ("CPU", "s", cost.cpu, self.cpu),
            ("peak", "MiB", cost.peak, self.peak),
            ("requests", "", requests or 0, self.requests),
        ]
        return ratio + ", ".join(
            f"{name} {round(most, 2):g} {unit}".strip() + (" met" if had <= most else " NOT MET")
            for name, unit, had, most in rows
            if most is not None
        )


UNBOUND = Bound()


def times_the_limit(seconds: float, most: float, requests: int | None = None) -> Bound:
    """A bound on the wall clock where Stripe's rate alone takes so many seconds."""
    return Bound(wall=most * seconds, requests=requests, limit=seconds)
