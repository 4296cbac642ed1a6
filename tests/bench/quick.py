"""
Counts that stay the same on any machine: `python -m tests.bench --quick [--update]`.

Requests, bytes of responses, and the peak of allocated bytes of commands on 1,000 objects are compared with
counts.json; 20 % more fails. `--update` writes that file again.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench import events
from tests.bench.estate import write
from tests.bench.measure import Server, serving
from tests.bench.rows import FAST

COUNTS = Path(__file__).with_name("counts.json")
MORE = 1.2
Counts = dict[str, int]


def counted(server: Server, words: list[str]) -> Counts:
    """Run a command line, and count; raises RuntimeError if it fails."""
    before = server.counts()
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench.traced", *words, *FAST],
        capture_output=True,
        env=server.environ(),
        check=True,
    )
    found = json.loads(ran.stdout)
    if found["code"] not in (0, 2, None):
        raise RuntimeError(f"{' '.join(words)} ended with {found['code']}:\n{ran.stderr.decode()}")
    after = server.counts()
    return {
        "requests": after["requests"] - before.get("requests", 0),
        "bytes": after["bytes"] - before.get("bytes", 0),
        "peak": found["peak"],
    }


def commands(folder: Path) -> Iterator[tuple[str, Counts]]:
    """Yield each command with its counts."""
    estate = write(folder / "1000", 500, 500)
    after, told = events.change(estate.objects, folder, 10)
    plan, cache = ["plan", str(estate.config)], ["--cache", str(folder / "cache")]
    first = events.first_event(folder)
    with serving(estate.objects, first) as server:
        yield "plan, no change", counted(server, plan)
        yield "drift that writes a cache", counted(server, ["drift", str(estate.config), *cache])
    with serving(after, told, first) as server:
        yield "plan, 1 % changed", counted(server, plan)
        yield "plan, 1 % changed, with a cache", counted(server, [*plan, *cache])
    with serving() as server:
        yield "plan, all to be created", counted(server, plan)
        small = write(folder / "100", 50, 50)
        yield "apply, 50 + 50 created", counted(server, ["apply", str(small.config), "--auto-approve"])


def quick(*, update: bool) -> bool:
    """Print the counts, and return whether none has grown by more than 20 %."""
    with tempfile.TemporaryDirectory() as folder:
        found = dict(commands(Path(folder)))
    if update:
        COUNTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    known = json.loads(COUNTS.read_text(encoding="utf-8"))
    fine = True
    for what, counts in found.items():
        for name, now in counts.items():
            was = known[what][name]
            grown = now > was * MORE
            fine = fine and not grown
            verdict = f"MORE than the {was:,} in {COUNTS.name}" if grown else f"of {was:,}"
            print(f"{what:34}{name:10}{now:12,} {verdict}")  # noqa: T201 - a measurement
    return fine
