"""Sends a notice to webhooks and commands, all at once and within ten seconds."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

import msgspec

from provisioner.net.address import WebAddress
from provisioner.net.client import (
    Bounds,
    BrokenError,
    HttpClient,
    LateError,
    TlsError,
    UnreachableError,
)
from provisioner.notify.slack import slack_message
from provisioner.notify.target import Target

SECONDS = 10.0
BOUNDS = Bounds(connect=3, read=8, whole=9, largest=64 * 1024)
PEEK = 100  # bytes of the response that are read
MAYBE = "(the notice may have arrived)"
JSON = {"Content-Type": "application/json"}
BUSY, REDIRECTS, REFUSALS = (429, 500, 502, 503, 504), 300, 400
# variables that are removed from a command's environment
KEPT_BACK = frozenset({"STRIPE_API_KEY", "STRIPE_READ_KEY", "PROVISIONER_NOTIFY", "PROVISIONER_GITLAB_TOKEN"})
ANSWER = re.compile(
    rb"[a-z]{1,20}(_[a-z]{1,20}){1,4}"
)  # such as no_service, which Slack returns for an old webhook
STDERR = 2

Ended = tuple[Target, str] | None
Interruptible = Callable[[Callable[[], None]], AbstractContextManager[None]]


def deliver(
    targets: Sequence[Target], notice: Mapping[str, Any], text: str, interruptible: Interruptible
) -> list[tuple[Target, str]]:
    """
    Notify all targets, and return those that could not be notified, with the reason.

    A webhook gets a Slack message, a command gets `text` on its stdin. `interruptible` opens a block in
    which an interruption calls its argument: that ends the wait, and running commands are killed.
    """
    ended: SimpleQueue[Ended] = SimpleQueue()
    running: list[subprocess.Popen[bytes]] = []
    waiting, untold = list(targets), []
    end = time.monotonic() + SECONDS
    with interruptible(lambda: ended.put(None)):
        for target in targets:
            # a daemon thread, because a DNS lookup cannot be stopped and must not delay the process's exit
            arguments = (target, notice, text, running, ended)
            threading.Thread(target=_send, args=arguments, daemon=True, name="notify").start()
        with suppress(Empty):
            while waiting and (one := ended.get(timeout=max(0, end - time.monotonic()))):
                waiting.remove(one[0])
                untold += [one] if one[1] else []
    for process in running:
        if process.poll() is None:
            with suppress(OSError):
                if sys.platform == "win32":
                    process.kill()
                else:
                    os.killpg(process.pid, signal.SIGKILL)  # and its child processes
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)
    return untold + [
        (target, f"it did not answer within {SECONDS:.0f} seconds {MAYBE}") for target in waiting
    ]


def _send(
    target: Target,
    notice: Mapping[str, Any],
    text: str,
    running: list[subprocess.Popen[bytes]],
    ended: SimpleQueue[Ended],
) -> None:
    try:
        trouble = (
            _post(target.address, notice) if target.address else _run(target.words, notice, text, running)
        )
    except Exception as error:  # noqa: BLE001 - its text may contain the address, which is secret
        trouble = f"{type(error).__name__}"
    ended.put((target, trouble))


def _post(address: WebAddress, notice: Mapping[str, Any]) -> str:
    """Send a message, with one retry if it was not accepted; returns what went wrong."""
    client = HttpClient(address, BOUNDS)
    body = msgspec.json.encode(slack_message(notice))
    ask = partial(client.request, "POST", address.path, JSON, body, peek=PEEK)
    answer = None
    try:
        with suppress(UnreachableError):
            answer = ask()
        if answer is None or answer.status in BUSY:
            answer = ask()
    except (UnreachableError, TlsError) as error:
        return error.what
    except LateError:
        return f"it did not answer in time {MAYBE}"
    except BrokenError:
        return f"it closed the connection {MAYBE}"
    finally:
        client.close()
    status, said = answer.status, answer.body.strip()
    if status < REDIRECTS:
        return ""
    if status < REFUSALS:
        return f"it redirects (HTTP {status}), and redirects are not followed"
    if ANSWER.fullmatch(said) and said.decode() not in address.path:
        return f"it returned HTTP {status}, {said.decode()}"
    return f"it returned HTTP {status}"


def _run(
    words: Sequence[str], notice: Mapping[str, Any], text: str, running: list[subprocess.Popen[bytes]]
) -> str:
    """Run a command; its output goes to stderr, because stdout is for our own result."""
    env = {name: value for name, value in os.environ.items() if name not in KEPT_BACK}
    env |= {f"PROVISIONER_{name.upper()}": str(notice[name]) for name in ("outcome", "exitcode", "summary")}
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own command, without a shell
            words, env=env, stdin=subprocess.PIPE, stdout=STDERR, start_new_session=True
        )
    except OSError as error:
        return f"it cannot be run: {error.strerror}"
    running.append(process)
    process.communicate(text.encode(errors="replace"))
    code = process.returncode
    return "" if code == 0 else f"it exited with code {code}"
