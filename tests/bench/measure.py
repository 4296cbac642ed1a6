"""Runs a command and says what it cost: wall and CPU seconds, peak memory, requests."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ALONE = Path(__file__).with_name("alone.py")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command cost: seconds, MiB, and how it ended."""

    wall: float
    cpu: float
    peak: float
    code: int
    out: str


def run(command: Sequence[str], environ: dict[str, str], folder: Path) -> Cost:
    """Run a command to its end, in a folder; what is compiled is kept, as where it was installed."""
    out = folder / "out.txt"
    environ = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    said = subprocess.run(
        [sys.executable, "-S", "-I", ALONE, out, *command],
        stdout=subprocess.PIPE,
        env=environ,
        cwd=folder,
        check=True,
    )
    return Cost(**json.loads(said.stdout), out=out.read_text())


@dataclass(frozen=True, slots=True)
class Server:
    """A running stand-in for Stripe's API."""

    base: str

    def counts(self) -> dict[str, Any]:
        """What it has counted since it began."""
        with urllib.request.urlopen(f"{self.base}/bench") as answer:  # noqa: S310
            counted: dict[str, Any] = json.load(answer)
        return counted

    def environ(self) -> dict[str, str]:
        """The environment in which a command talks to this server."""
        return {**os.environ, "STRIPE_API_KEY": "sk_test_bench", "STRIPE_API_BASE": self.base}


@contextmanager
def serving(*objects: Path, latency: float = 0.0, rate: float = 0.0) -> Iterator[Server]:
    """Run the stand-in in a process of its own for as long as the block runs."""
    command = [sys.executable, "-m", "tests.bench.server", *map(str, objects)]
    child = subprocess.Popen(
        [*command, "--latency", str(latency), "--rate", str(rate)], stdout=subprocess.PIPE, text=True
    )
    try:
        line = child.stdout.readline() if child.stdout else ""
        yield Server(line.strip())
    finally:
        child.terminate()
        child.wait()
        if child.stdout:
            child.stdout.close()


PROVISIONER = (sys.executable, "-m", "provisioner")
