"""The command line in a process of its own, as a user runs it."""

import os
import subprocess
import sys
from pathlib import Path


def environ(**more: str) -> dict[str, str]:
    """The environment of the tests, with nothing of Stripe's in it but what is given."""
    return {name: value for name, value in os.environ.items() if not name.startswith("STRIPE_")} | more


def provisioner(
    *words: str, cwd: Path, commands: Path | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    """
    Run a command to its end; without `STRIPE_API_KEY` it has no key.

    `commands` is the folder of a `quick_command`, where it does not matter how Python starts.
    """
    command = [sys.executable, "-m", "provisioner"] if commands is None else [str(commands / "provisioner")]
    return subprocess.run(
        [*command, *words],
        cwd=cwd,
        env=environ(**env),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
