"""An incoming webhook on loopback: keeps what it is sent, and answers as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.loopback import Quiet, serving

SECRET = "T000canaryT/B000canaryB/XXXXcanaryX"


@dataclass
class FakeWebhook:
    """
    `messages` are the bodies so far; `answers` the statuses of the next ones, then 200.

    None in `answers` breaks the connection off, and nothing is answered before `may_answer` is set.
    """

    base: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int | None] = field(default_factory=list)
    said: bytes = b"ok"
    may_answer: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Its address, which holds a secret."""
        return f"{self.base}/services/{SECRET}"


@contextmanager
def fake_webhook() -> Iterator[FakeWebhook]:
    """Run a webhook until the block ends."""
    state = FakeWebhook()

    class Handler(Quiet):
        def do_POST(self) -> None:  # noqa: N802 - http.server's name
            body = json.loads(self.sent())
            known = self.path == f"/services/{SECRET}" and self.headers["Content-Type"] == "application/json"
            state.messages.append(body)
            state.may_answer.wait()
            status = state.answers.pop(0) if state.answers else 200 if known else 404
            if status is None:
                self.close_connection = True
                return
            self.reply(status, state.said, Location=f"{state.base}/elsewhere")

    state.may_answer.set()
    with serving(Handler) as state.base:
        try:
            yield state
        finally:
            state.may_answer.set()
