"""What the pages of `serve` take for an estate of many cards, as a table."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LINE = re.compile(
    r"^(?P<path>/\S*) +first (?P<first>\S+) s, median (?P<median>\S+) s, (?P<bytes>[\d,]+) bytes"
)
SECONDS, BYTES = 0.3, 1_000_000


def lines(cards: int) -> Iterator[tuple[str, ...]]:
    """Yield for each page its path, seconds of the first and the median request, bytes, and bounds."""
    ran = subprocess.run(
        [sys.executable, "-m", "bench.pages", str(cards)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
        check=True,
        text=True,
    )
    for found in map(LINE.match, ran.stdout.splitlines()):
        if found:
            first, size = float(found["first"]), int(found["bytes"].replace(",", ""))
            verdict = f"first {SECONDS} s {_met(first, SECONDS)}, 1 MB {_met(size, BYTES)}"
            yield found["path"], found["first"], found["median"], found["bytes"], verdict


def _met(had: float, most: float) -> str:
    return "met" if had <= most else "NOT MET"
