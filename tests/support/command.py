"""The command line in a process of its own, as a user runs it."""

import os
import subprocess
import sys
from pathlib import Path


def environ(**more: str) -> dict[str, str]:
    """The environment of the tests, with nothing of Stripe's in it but what is given."""
    return {name: value for name, value in os.environ.items() if not name.startswith("STRIPE_")} | more


def provisioner(*words: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; without `STRIPE_API_KEY` it has no key."""
    return subprocess.run(
        [sys.executable, "-m", "provisioner", *words],
        cwd=cwd,
        env=environ(**env),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
