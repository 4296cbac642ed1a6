"""
The cost of a backtest from a history file: `python -m tests.bench.backtest [PURCHASES...]`.

A made-up history of 2,000 cards is written first. Another process reads it and judges it, under the controls
in force and under lower planned limits. It makes no plan, whose cost is measured elsewhere.
"""

import argparse
import gc
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from provisioner.core.purchases.past import PastCard, PastControls
from provisioner.core.purchases.planned import Planned, PlannedControls
from provisioner.core.purchases.recorded import AuthorizationRecord, RecordedMove, RecordedRequest
from provisioner.core.purchases.replay import backtest
from provisioner.engine.purchases.history import StoredPast
from provisioner.engine.purchases.history_file import HistoryOwner, open_history
from tests.bench.bound import Bound
from tests.bench.measure import run
from tests.bench.rows import HEAD, Row

OWNER = HistoryOwner("acct_bench", "test")
CARDS, HOLDERS = 2_000, 200
DAY, BEGIN = 86_400, 1_788_000_000
BOUNDS = {100_000: Bound(cpu=5.0, peak=200), 1_000_000: Bound(cpu=50.0, peak=300)}
CATEGORIES = ("advertising_services", "caterers", "taxicabs_limousines", "computer_software_stores")


def limits(amount: int) -> dict[str, object]:
    """The controls of a card with one monthly limit, which a card with an even share nearly reaches."""
    return {
        "status": "active",
        "spending_controls": {"spending_limits": ({"amount": amount, "interval": "monthly"},)},
    }


def write(path: Path, purchases: int) -> None:
    """Write a history of 90 days: most purchases are captured, some reversed, expired, or declined."""
    chance = random.Random(purchases)  # noqa: S311 - the same in every run
    with open_history(path, OWNER) as history:
        for first in range(purchases - 1, -1, -100):
            numbers = range(first, max(first - 100, -1), -1)
            history.add(one(n, BEGIN + 90 * DAY * n // purchases, chance) for n in numbers)


def one(number: int, at: int, chance: random.Random) -> tuple[str, int, AuthorizationRecord]:
    """One authorization with what became of it."""
    card, amount, fate = chance.randrange(CARDS), chance.randrange(100, 20_000), chance.random()
    reason, granted = ("card_active", amount) if fate > 0.05 else ("insufficient_funds", 0)
    later = at + chance.randrange(3600, 7 * DAY)
    moves = (RecordedMove(later, -amount, amount if fate > 0.15 else 0),) if granted else ()
    request = RecordedRequest(at, amount, granted > 0, reason, granted, amount)
    words = (f"ic_{card:024}", f"ich_{card % HOLDERS:024}", chance.choice(CATEGORIES), "US", "not_present")
    record = AuthorizationRecord(*words, "usd", "usd", "", (request,), moves, False, 3)
    return f"iauth_{number:024}", at, record


def judge(path: Path, purchases: int) -> None:
    """Replay a history under controls that decline a few of its purchases."""
    gc.set_threshold(1_000_000, 50, 100)  # as the command line does
    names = [f"ic_{number:024}" for number in range(CARDS)]
    share = purchases // CARDS // 3 * 10_000
    cards = {
        name: PastCard(name, f"ich_{n % HOLDERS:024}", "usd", "", 12, 2040) for n, name in enumerate(names)
    }
    controls = {name: (PastControls(0, limits(10 * share)),) for name in names}
    lower = PastControls(0, limits(share * 3 // 2))
    planned = Planned({name: PlannedControls(f"cards.{name}", (lower,)) for name in names})
    with open_history(path, OWNER) as history:
        found = backtest(StoredPast(history, 0, False, cards, controls, 0), planned)
    print(found.purchases, found.agreement, found.newly_declined)  # noqa: T201


def rows(folder: Path, sizes: Sequence[int] = tuple(BOUNDS)) -> Iterator[Row]:
    """Yield a row for each number of past purchases, whose history is written into a folder."""
    for purchases in sizes:
        path = folder / f"{purchases}.history"
        write(path, purchases)
        words = [sys.executable, "-m", "tests.bench.backtest", str(purchases), "--judge", str(path)]
        cost = run(words, {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}, folder)
        if cost.code:
            raise RuntimeError(f"the backtest ended with {cost.code}:\n{cost.out[-2000:]}")
        yield Row(f"backtest of {purchases:,} past purchases", cost, None, BOUNDS.get(purchases, Bound()))


def main() -> None:
    """Measure what is asked for."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench.backtest", description=__doc__)
    asked.add_argument("purchases", nargs="*", type=int, default=[*BOUNDS])
    asked.add_argument("--judge", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.judge:
        judge(given.judge, given.purchases[0])
        return
    print(HEAD)  # noqa: T201
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(Path(folder), given.purchases):
            print(f"{row}\n  {row.cost.out.strip()}")  # noqa: T201


if __name__ == "__main__":
    main()
