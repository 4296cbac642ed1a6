"""What reading YAML costs beside the parser's bare events: `python -m tests.bench.reading [OBJECTS]`."""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from provisioner.config.text.read import read
from tests.bench.estate import write

TIMES = 7
BOUND = 2.0


def bare(text: str) -> None:
    """Take all events of a text from the parser, and do nothing with them."""
    get = yaml.CSafeLoader(text).get_event
    while get() is not None:
        pass


def cost(reader: Callable[[str], object], texts: list[str]) -> float:
    """The CPU seconds that a reader takes for some texts: the least of several runs."""
    costs = []
    for _ in range(TIMES):
        begun = time.process_time()
        for text in texts:
            reader(text)
        costs.append(time.process_time() - begun)
    return min(costs)


def main() -> None:
    """Print both costs, and whether the bound is kept."""
    objects = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    folder = Path(tempfile.gettempdir()) / "provisioner-bench" / str(objects)
    files = sorted(write(folder, objects // 2, objects - objects // 2).config.glob("*.yaml"))
    texts = [file.read_text(encoding="utf-8") for file in files]
    events, ours = cost(bare, texts), cost(read, texts)
    met = "met" if ours <= BOUND * events else "NOT MET"
    print(f"events {events:.3f} s, read {ours:.3f} s: {ours / events:.2f} x; bound {BOUND:g} x {met}")  # noqa: T201


main()
