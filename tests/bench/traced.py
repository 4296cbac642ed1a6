"""
Runs one command line of provisioner in this process and prints its peak of allocated memory, as JSON.

    python -m tests.bench.traced plan examples/acme --sandbox
"""

import importlib
import json
import os
import sys
import tracemalloc
from pathlib import Path


def main() -> None:
    """Run the command with its output thrown away; raises RuntimeError if it fails."""
    tracemalloc.start()
    command = importlib.import_module("provisioner.cli.main").main  # what is imported counts
    standard = os.dup(1)
    sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open to the end
    try:
        code = command(sys.argv[1:])
    except SystemExit as ended:
        code = ended.code
    peak = tracemalloc.get_traced_memory()[1]
    os.write(standard, json.dumps({"code": code, "peak": peak}).encode())


if __name__ == "__main__":
    main()
