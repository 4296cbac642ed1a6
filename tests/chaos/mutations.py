"""
Mutated examples: exit 0 or 1, never a traceback, bounded time and memory.

    python tests/chaos/mutations.py --count 10000 --seed 1

Each mutation cuts, doubles, swaps or replaces a part of the text of an example and validates it. Prints the
counts, the longest time and the peak of memory; exits 1 where one went wrong.
"""

import argparse
import contextlib
import io
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from provisioner.cli.main import main as command_line

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("*.y*ml"))
BITS = (
    "&a ", "*a", "<<: *a", "!!python/object:os.system ", "!!binary |", "? ", "- ", ": ", "[", "]", "{", "}", "\t",  # noqa: E501
    "\x00", "\ufeff", "\u202e", "null", "NO", "1e999", "0x1F", "-.inf", "9" * 400, "\n---\n", "\n...\n", "|+", ">-",  # noqa: E501
    "${var.x}", "${env.HOME}", "${file./etc/passwd}", "'", '"', "#", "%YAML 9.9\n", "[" * 200, "~",
)  # fmt: skip
SLOW = 2.0


def mutated(text: str, rng: random.Random) -> str:
    """The text with a few of its parts changed."""
    for _ in range(rng.randint(1, 4)):
        at, to = sorted(rng.randint(0, len(text)) for _ in range(2))
        to = min(to, at + rng.choice((1, 8, 60, 4000)))
        way = rng.randrange(5)
        if way == 0:
            text = text[:at] + text[to:]
        elif way == 1:
            text = text[:to] + text[at:to] + text[to:]
        elif way == 2:
            text = text[:at] + rng.choice(BITS) + text[at:]
        elif way == 3:
            lines = text.split("\n")
            rng.shuffle(lines) if rng.random() < 0.1 else lines.pop(rng.randrange(len(lines)))
            text = "\n".join(lines) or "\n"
        else:
            text = text[:at] + rng.choice(BITS) + text[to:]
    return text


def play(count: int, seed: int) -> tuple[Counter[int], float, list[str]]:
    """Validate so many mutations; the exit codes, the longest time, and what went wrong."""
    rng = random.Random(seed)  # noqa: S311
    codes: Counter[int] = Counter()
    longest, wrong = 0.0, []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutated.yaml"
        for number in range(count):
            text = mutated(rng.choice(EXAMPLES).read_text(encoding="utf-8"), rng)
            path.write_text(text, encoding="utf-8", errors="surrogatepass")
            said, begun = io.StringIO(), time.perf_counter()
            try:
                with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                    command_line(["validate", str(path)])
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
            took = time.perf_counter() - begun
            codes[code] += 1
            longest = max(longest, took)
            bad = code not in (0, 1) or "Traceback" in said.getvalue() or "internal error" in said.getvalue()
            if bad or took > SLOW:
                wrong.append(
                    f"seed {seed}, mutation {number}: exit {code}, {took:.2f} s: {said.getvalue()[-300:]}"
                )
    return codes, longest, wrong


def main() -> None:
    """Read the arguments, play, and tell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    codes, longest, wrong = play(given.count, given.seed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    lines = [f"exit codes {dict(codes)}, longest {longest:.2f} s, peak {peak} MB", *wrong[:20], ""]
    sys.stdout.write("\n".join(lines))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
