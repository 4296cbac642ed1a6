"""The program runs where a system has less than Linux has: no locks, no terminals, no modes, no links."""

import subprocess
import sys
from pathlib import Path

TAKEN_AWAY = """
import importlib, os, pkgutil, sys

for module in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[module] = None
for name in ("O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK", "fchmod", "geteuid", "pread"):
    delattr(os, name)
import provisioner
from provisioner.cli.main import main

for module in pkgutil.walk_packages(provisioner.__path__, "provisioner."):
    if not module.name.endswith(("__main__", "sdk_types")):
        importlib.import_module(module.name)
main(sys.argv[1:])
"""


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", TAKEN_AWAY, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_project_is_begun_planned_and_applied(tmp_path: Path) -> None:
    for words in (
        ("init", "cards"),
        ("plan", "cards", "--sandbox", "--out", "plan.json", "--cache", "a.cache"),
        ("apply", "cards", "--sandbox", "--auto-approve"),
    ):
        ended = run(tmp_path, *words)
        assert ended.returncode == 0, ended.stderr

    assert "No changes." in run(tmp_path, "plan", "cards", "--sandbox").stdout
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert {"plan.json", "a.cache", "journal.jsonl", "sandbox.db"} <= left
