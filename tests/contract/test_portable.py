"""The program runs where a system has less than Linux has: no locks, no terminals, no modes, no links."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.command import environ
from support.pages import ROOT

from provisioner.cli.main import COMMANDS

# Run in one process, which is given the commands as JSON; it answers how each ended.
TAKEN_AWAY = """
import asyncio, contextlib, importlib, io, json, os, pkgutil, shutil, signal, sys, threading, traceback

for module in ("fcntl", "grp", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"):
    sys.modules[module] = None
for name in (
    "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK", "chown", "fchmod", "fork", "forkpty", "geteuid", "getpgid",
    "getuid", "killpg", "lchown", "mkfifo", "nice", "openpty", "pread", "pwrite", "setsid", "sysconf",
):
    delattr(os, name)
for name in ("SIGALRM", "SIGHUP", "SIGPIPE", "SIGUSR1", "alarm", "pthread_sigmask", "setitimer"):
    delattr(signal, name)


def refuse(*_words, **_named):
    raise NotImplementedError


asyncio.SelectorEventLoop.add_signal_handler = refuse
shutil._use_fd_functions = False  # as it finds out by itself on Windows
import provisioner
from provisioner.cli.main import main
from provisioner.sandbox.http.prompt_server import PromptServer

start = PromptServer.startup


async def start_and_end(self, sockets=None):
    await start(self, sockets)
    if threading.current_thread() is threading.main_thread():  # what a command serves until Ctrl-C
        self.end()


PromptServer.startup = start_and_end
for module in pkgutil.walk_packages(provisioner.__path__, "provisioner."):
    if not module.name.endswith(("__main__", "sdk_types")):
        importlib.import_module(module.name)
ended = []
for words in json.load(sys.stdin):
    out, err, code = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8"), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(words)
        except SystemExit as exit:
            code = exit.code or 0
        except BaseException:
            traceback.print_exc()
    out.seek(0), err.seek(0)
    ended.append({"words": words, "code": code, "out": out.read(), "err": err.read()})
json.dump(ended, sys.stdout)
"""

SANDBOX = ("cards", "--sandbox")
EVERY: list[tuple[int, tuple[str, ...]]] = [
    (0, ("version",)),
    (0, ("schema",)),
    (0, ("completion", "bash")),
    (0, ("init", "cards")),
    (0, ("validate", "cards")),
    (0, ("check", *SANDBOX, "--report", "markdown=check.md")),
    (0, ("plan", *SANDBOX, "--out", "plan.json", "--cache", "a.cache", "--format", "html")),
    (0, ("show", "plan.json")),
    (0, ("apply", "plan.json", "--sandbox", "--auto-approve")),
    (0, ("plan", *SANDBOX)),
    (0, ("test", *SANDBOX, "--generate")),
    (0, ("simulate", "purchase", "software", "--amount", "1.00 USD", "--path", *SANDBOX)),
    (0, ("backtest", *SANDBOX)),
    (0, ("serve", *SANDBOX, "--port", "0")),
    (0, ("sandbox", "serve", "--port", "0")),
    (0, ("lsp",)),
    (0, ("drift", *SANDBOX, "--explain", "--cache", "a.cache")),
    (0, ("export", "--project", "cards", "--sandbox")),
    (0, ("import", *SANDBOX, "--all", "--auto-approve")),
    (0, ("doctor", *SANDBOX)),
    (0, ("report", *SANDBOX, "--out", "estate.html")),
    (1, ("retire", "cards.software", "--path", *SANDBOX, "--auto-approve")),
    (0, ("destroy", *SANDBOX, "--auto-approve", "--allow", "retired=9")),
    (0, ("fleet", "apply", str(ROOT / "examples" / "fleet"), "--sandbox", "--auto-approve")),
    (0, ("chaos", "--runs", "1")),
    (0, ("sandbox", "reset")),
]


def run(folder: Path, commands: list[tuple[str, ...]]) -> list[Mapping[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-c", TAKEN_AWAY],
        cwd=folder,
        env=environ(),
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ended: list[Mapping[str, Any]] = json.loads(done.stdout)
    return ended


def test_every_command_runs_where_a_system_has_less(tmp_path: Path) -> None:
    ended = run(tmp_path, [words for _, words in EVERY])

    assert {words[0] for _, words in EVERY} == set(COMMANDS)
    for one, (code, words) in zip(ended, EVERY, strict=True):
        assert (one["code"], one["words"]) == (code, list(words)), one["err"]
        assert "Traceback" not in one["err"], one["err"]
    assert "No changes." in ended[9]["out"]
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert {"plan.json", "a.cache", "journal.jsonl", "check.md"} <= left
