"""
What a fleet of any size costs under Stripe's limits, on paper: `python -m tests.bench.fleet_model 10000 50`.

Requests are counted as the program makes them; time is the longest of what the platform's limit, each
account's limit and the CPU allow. docs/fleet.md holds this against what was measured.
"""

import argparse
from dataclasses import dataclass

import click

READS = 5  # account, cardholders, cards, top-ups, balance: one page each
PAGE = 100
FUNDING = 3  # a top-up, and the lists of top-ups and of events right before it
CPU_REQUEST = 0.0024  # seconds of CPU a request on the machine that was measured, client alone
CPU_ACCOUNT = 0.004  # and what an account costs beside its requests
CLIENT, CLIENT_ACCOUNT = 62e6, 3e3  # bytes: the command itself, and each account that it has read
OUTCOME, STEP = 2e3, 450  # bytes of an account's outcome on its way, and of each of its steps
SCHEDULER = 72e6
WORKER, WORKER_THREAD = 76e6, 2.5e6


@dataclass(frozen=True)
class Fleet:
    """A fleet and its limits: `platform` and `account` in requests a second, `latency` in seconds."""

    accounts: int
    cards: int
    platform: float
    account: float = 25.0
    latency: float = 0.1
    workers: int = 4
    threads: int = 4

    @property
    def reads(self) -> float:
        """Requests of a plan."""
        more = max(0, -(-self.cards // PAGE) - 1)
        return self.accounts * (READS + more)

    @property
    def writes(self) -> float:
        """Requests that create everything: a cardholder, the cards, the top-up."""
        return self.accounts * (1 + self.cards + FUNDING)

    @property
    def outcome(self) -> float:
        """Bytes of what comes back for an account of which everything was created."""
        return OUTCOME + self.cards * STEP

    def wall(self, requests: float, at_once: float) -> float:
        """Seconds for so many requests with so many under way at once: the strictest limit counts."""
        gate = self.platform / (1 + self.latency)
        return max(
            requests / gate,
            requests * self.latency / at_once,
            requests * CPU_REQUEST / self.workers,
        )

    def report(self) -> dict[str, str]:
        """The model in words."""
        busy = self.workers * self.threads
        first = self.wall(self.reads, busy * 4) + self.wall(self.reads + self.writes, busy * 8)
        again = self.wall(self.reads, busy * 4)
        tenth = again + self.wall(self.reads / 10 + self.accounts / 10, busy * 4)
        return {
            "requests of a first apply": f"{2 * self.reads + self.writes:,.0f}",
            "wall of a first apply": f"{first / 3600:.2f} h",
            "requests of a run without changes": f"{self.reads:,.0f}",
            "wall of a run without changes": f"{again / 60:.0f} min",
            "wall when a tenth of the accounts has one change": f"{tenth / 60:.0f} min",
            "one account alone, first apply": f"{(READS * 2 + self.cards + 3) / self.account:.1f} s",
            "CPU in all, first apply": f"{(2 * self.reads + self.writes) * CPU_REQUEST / 60:.0f} min",
            "memory of the command": f"{(CLIENT + self.accounts * CLIENT_ACCOUNT) / 2**20:.0f} MiB",
            "memory of the scheduler": f"{(SCHEDULER + 2 * busy * self.outcome) / 2**20:.0f} MiB",
            "memory of a worker": f"{(WORKER + self.threads * WORKER_THREAD) / 2**20:.0f} MiB",
        }


def main() -> None:
    """Print the model for live and for test mode."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("accounts", type=int)
    parser.add_argument("cards", type=int)
    parser.add_argument("--latency", type=float, default=0.1)
    parser.add_argument("--platform", type=float, action="append")
    asked = parser.parse_args()
    for rate in asked.platform or (100.0, 25.0, 500.0):
        click.echo(f"{asked.accounts:,} accounts x {asked.cards} cards, {rate:.0f}/s for the platform")
        for name, value in Fleet(asked.accounts, asked.cards, rate, latency=asked.latency).report().items():
            click.echo(f"  {name}: {value}")


if __name__ == "__main__":
    main()
