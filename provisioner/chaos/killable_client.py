"""An HTTP client that counts its requests, and dies at one of them as a killed process does."""

import threading
from typing import Any

from provisioner.net.address import parse_origin
from provisioner.net.client import HttpAnswer
from provisioner.stripe_api.http import BoundedClient
from provisioner.stripe_api.rate_limit import Limits

KEY = "sk_test_chaos"
LIMITLESS = Limits(endpoint=1_000_000, total=1_000_000)
TIMEOUTS = (5.0, 0.25)  # seconds; the sandbox's own answers take a few milliseconds


class Killed(BaseException):
    """The end of the process, for all of its threads: no `except Exception` sees it."""


class KillableClient(BoundedClient):
    """Notes every request in `asked`; from request number `dies_at` on nothing is sent, or heard."""

    def __init__(self, base: str, dies_at: int | None = None, *, heard: bool = False) -> None:
        super().__init__(parse_origin(base), TIMEOUTS)
        self.asked: list[str] = []
        self._dies_at = dies_at
        self._heard = heard
        self._lock = threading.Lock()

    def exchange(self, method: str, path: str, *rest: Any, **named: Any) -> HttpAnswer:
        """Send a request, if this process still lives; raises Killed if it does not."""
        with self._lock:
            number = len(self.asked)
            self.asked.append(f"{method.upper()} {path.partition('?')[0]}")
        if self._dies_at is not None and number >= self._dies_at:
            if number == self._dies_at and self._heard:
                super().exchange(method, path, *rest, **named)
            raise Killed
        return super().exchange(method, path, *rest, **named)
