"""The scripts beside this file, for a short while; each says how to run it for long."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.depth import DEEP

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("kills", ("--kills", "20" if DEEP else "2", "--seed", "11")),
        ("mutations", ("--count", "1000" if DEEP else "80")),
    ],
)
def test_a_script_finds_nothing_wrong(script, words):
    ended = subprocess.run(
        [sys.executable, str(HERE / f"{script}.py"), *words],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
