"""The file of `--cache`: only a cache is ever replaced, as a whole, and what was found is said anyway."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.conftest import COMPANY, Desk

IN_SYNC = "No changes. Stripe matches the configuration."


@pytest.fixture
def applied(desk: Desk) -> Desk:
    desk.write(COMPANY)
    desk.run("apply", "--auto-approve")
    return desk


@pytest.mark.parametrize("command", ["plan", "drift"])
@pytest.mark.parametrize("text", [None, "version: 1\n", "[]", " ", "0123456789abcdef01234567\nnotes\n"])
def test_what_is_no_cache_is_never_replaced(applied: Desk, command: str, text: str | None) -> None:
    path = Path("provisioner.yaml" if text is None else "notes.txt")
    if text is not None:
        path.write_text(text, encoding="utf-8")
    before = path.read_bytes()
    said = applied.run(command, "--cache", str(path), "--refresh", code=1).stderr

    assert f"{path} exists and is not a cache; it was not changed" in said
    assert path.read_bytes() == before


def test_no_configuration_is_needed_to_refuse_it(desk: Desk) -> None:
    Path("p.yaml").write_text("version: 1\n", encoding="utf-8")

    assert (
        "p.yaml exists and is not a cache"
        in desk.run("plan", "--sandbox", "--cache", "p.yaml", code=1).stderr
    )
    assert sorted(path.name for path in desk.folder.iterdir()) == ["p.yaml"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "provisioner cache 1\nof some format\n",
        '0123456789abcdef01234567\n["0123","of the first formats"]\n',
    ],
)
def test_a_cache_of_another_format_and_an_empty_file_are_replaced(applied: Desk, text: str) -> None:
    Path("a.cache").write_text(text, encoding="utf-8")

    assert "Reading everything" in applied.run("plan", "--cache", "a.cache").stderr
    assert "Reading" not in applied.run("plan", "--cache", "a.cache").stderr


def test_it_is_its_owners_alone_and_leaves_nothing_beside_it(applied: Desk) -> None:
    Path("a.cache.new").write_text("somebody's", encoding="utf-8")
    before = {path.name for path in applied.folder.iterdir()}
    applied.run("plan", "--cache", "a.cache")

    assert stat.S_IMODE(Path("a.cache").stat().st_mode) == 0o600
    assert {path.name for path in applied.folder.iterdir()} == before | {"a.cache"}
    assert Path("a.cache.new").read_text(encoding="utf-8") == "somebody's"


@pytest.mark.parametrize(("command", "says"), [("plan", IN_SYNC), ("drift", "No drift.")])
def test_what_was_found_is_said_where_it_cannot_be_written(applied: Desk, command: str, says: str) -> None:
    result = applied.run(command, "--cache", "missing/a.cache")

    assert says in result.stdout
    assert "Warning: " in result.stderr
    assert "a.cache cannot be written: No such file or directory" in result.stderr


@pytest.mark.parametrize("command", ["plan", "drift"])
@pytest.mark.parametrize("path", ["pipe.cache", "/dev/null"])
def test_a_pipe_or_device_is_refused(applied: Desk, command: str, path: str) -> None:
    os.mkfifo("pipe.cache")

    assert f"{path} is not a regular file" in applied.run(command, "--cache", path, code=1).stderr


KILLED = """
import os, signal, sys
from pathlib import Path
from provisioner.engine import private_file

Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
private_file.write_private(Path("c.cache"), "half of a cache")
"""


def test_the_draft_of_a_killed_run_is_removed_once_nobody_can_be_writing_it(applied: Desk) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED], check=False)
    [left] = Path().glob(".c.cache.*")
    applied.run("plan", "--cache", "c.cache")
    kept = left.exists()
    yesterday = left.stat().st_mtime - 86_400
    os.utime(left, (yesterday, yesterday))
    applied.run("plan", "--cache", "c.cache", "--refresh")

    assert killed.returncode == -signal.SIGKILL
    assert kept, "it may have a writer that is only held up"
    assert list(Path().glob(".c.cache.*")) == []
