"""Sends a notice to webhooks and commands, all at once and within ten seconds, whatever they do."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError
from urllib3.util import Retry

from provisioner.cli.notify_target import Target
from provisioner.cli.stopping import on_signal
from provisioner.views.slack import slack_message

SECONDS = 10.0
TIMEOUTS = (3.0, 8.0)  # seconds to connect, and for the answer to begin
MAYBE = "(it may have been told)"
BUSY, REDIRECTS, REFUSALS = (429, 500, 502, 503, 504), 300, 400
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# what somebody else's program has no business with
KEPT_BACK = frozenset({"STRIPE_API_KEY", "STRIPE_READ_KEY", "PROVISIONER_NOTIFY", "PROVISIONER_GITLAB_TOKEN"})
ANSWER = re.compile(
    rb"[a-z]{1,20}(_[a-z]{1,20}){1,4}"
)  # such as no_service, which Slack says of an old webhook
STDERR = 2

Ended = tuple[Target, str] | None


def deliver(targets: Sequence[Target], notice: Mapping[str, Any], text: str) -> list[tuple[Target, str]]:
    """
    Tell all targets, and return those that were not told, with the reason.

    A webhook is sent a message of Slack's kind, a command gets `text` on its stdin. Ctrl-C and SIGTERM end
    the waiting, and no command outlives it.
    """
    ended: SimpleQueue[Ended] = SimpleQueue()
    running: list[subprocess.Popen[bytes]] = []
    waiting, untold = list(targets), []
    with on_signal(lambda: ended.put(None)):
        for target in targets:
            # a daemon: the process may end while a name is still being looked up, which nothing can stop
            arguments = (target, notice, text, running, ended)
            threading.Thread(target=_send, args=arguments, daemon=True, name="notify").start()
        for target, trouble in _until(ended, len(targets), time.monotonic() + SECONDS):
            waiting.remove(target)
            if trouble:
                untold.append((target, trouble))
    for process in running:
        _kill(process)
    return untold + [
        (target, f"it did not answer within {SECONDS:.0f} seconds {MAYBE}") for target in waiting
    ]


def _until(ended: SimpleQueue[Ended], count: int, end: float) -> Iterator[tuple[Target, str]]:
    for _ in range(count):
        try:
            one = ended.get(timeout=max(0, end - time.monotonic()))
        except Empty:
            return
        if one is None:
            return
        yield one


def _send(
    target: Target,
    notice: Mapping[str, Any],
    text: str,
    running: list[subprocess.Popen[bytes]],
    ended: SimpleQueue[Ended],
) -> None:
    try:
        trouble = _post(target.url, notice) if target.url else _run(target.words, notice, text, running)
    except Exception as error:  # noqa: BLE001 - its text may hold the address, which is a secret
        trouble = f"{type(error).__name__}"
    ended.put((target, trouble))


def _post(url: str, notice: Mapping[str, Any]) -> str:
    """Send a message, once more where nobody took it; returns what went wrong."""
    again = Retry(
        total=1, connect=1, read=False, redirect=0, status=1, other=0,
        allowed_methods=None, status_forcelist=BUSY, raise_on_status=False,
    )  # fmt: skip
    with requests.Session() as session:
        # or a ~/.netrc would add a password of its own
        session.auth = lambda request: request
        session.trust_env = urlsplit(url).hostname not in LOOPBACK
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(max_retries=again))
        try:
            with session.post(
                url, json=slack_message(notice), timeout=TIMEOUTS, allow_redirects=False, stream=True
            ) as answer:
                return _refusal(answer)
        except requests.exceptions.SSLError:
            return "its certificate cannot be trusted"
        except requests.exceptions.ReadTimeout:
            return f"it did not answer in time {MAYBE}"
        except requests.exceptions.ConnectionError as error:
            never = isinstance(error.args[0], MaxRetryError)  # only connecting is tried again
            return "it cannot be reached" if never else f"it broke off {MAYBE}"
        except requests.exceptions.RequestException as error:
            return type(error).__name__


def _refusal(answer: requests.Response) -> str:
    status = answer.status_code
    if status < REDIRECTS:
        return ""
    if status < REFUSALS:
        return f"it redirects (HTTP {status}); the message is not sent on"
    with suppress(Exception):
        said = answer.raw.read(100, decode_content=True).strip()
        if ANSWER.fullmatch(said) and said.decode() not in str(answer.url):
            return f"it answers HTTP {status}, {said.decode()}"
    return f"it answers HTTP {status}"


def _run(
    words: Sequence[str], notice: Mapping[str, Any], text: str, running: list[subprocess.Popen[bytes]]
) -> str:
    """Run a command; what it says goes to stderr, as stdout is for our own result."""
    env = {name: value for name, value in os.environ.items() if name not in KEPT_BACK}
    env |= {f"PROVISIONER_{name.upper()}": str(notice[name]) for name in ("outcome", "exitcode", "summary")}
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own words, and no shell
            words, env=env, stdin=subprocess.PIPE, stdout=STDERR, start_new_session=True
        )
    except OSError as error:
        return f"it cannot be run: {error.strerror}"
    running.append(process)
    process.communicate(text.encode(errors="replace"))
    code = process.returncode
    return "" if code == 0 else f"it ended with {code}"


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a command and whatever it has started, if it is still there."""
    if process.poll() is None:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)
