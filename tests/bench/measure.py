"""Runs a command and says what it cost: wall and CPU seconds, peak memory, requests."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MIB = 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command cost: seconds, MiB, and how it ended."""

    wall: float
    cpu: float
    peak: float
    code: int
    out: str


def run(command: Sequence[str], environ: dict[str, str], folder: Path) -> Cost:
    """Run a command to its end."""
    begun = time.monotonic()
    with (folder / "out.txt").open("w") as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environ, cwd=folder)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - begun
    text = (folder / "out.txt").read_text()
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / MIB, child.returncode, text)


@dataclass(frozen=True, slots=True)
class Server:
    """A running stand-in for Stripe's API."""

    base: str

    def counts(self) -> dict[str, Any]:
        """What it has counted since it began."""
        with urllib.request.urlopen(f"{self.base}/bench") as answer:  # noqa: S310
            counted: dict[str, Any] = json.load(answer)
        return counted

    def environ(self, mode: str = "live") -> dict[str, str]:
        """The environment in which a command talks to this server."""
        return {**os.environ, "STRIPE_API_KEY": f"sk_{mode}_bench", "STRIPE_API_BASE": self.base}


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
