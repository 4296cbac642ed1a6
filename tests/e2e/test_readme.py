"""The README's two commands, but for the installation; test_docs.py plays the rest of the page."""

import subprocess
import sys
from pathlib import Path

from support.command import environ
from support.pages import ROOT, blocks

SETUP, TESTS = [block.text.strip() for block in blocks(ROOT / "README.md") if block.language == "sh"]


def test_the_first_command_plans_applies_and_plans_again(tmp_path):
    install, _, job = SETUP.partition("pip install -q . && ")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    (tmp_path / "examples").symlink_to(ROOT / "examples")

    done = subprocess.run(
        ["bash", "-c", job], cwd=tmp_path, env=environ(), capture_output=True, text=True, check=True
    )

    assert install == "python3 -m venv .venv && .venv/bin/"
    assert "Apply complete: 2 created, 0 updated, 0 replaced, 0 retired, 0 imported" in done.stdout
    assert done.stdout.endswith("No changes. Stripe matches the configuration.\n")


def test_the_second_command_runs_these_tests():
    assert TESTS == "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && .venv/bin/pytest -n 2"
