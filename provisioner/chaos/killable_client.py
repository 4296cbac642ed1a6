"""An HTTP client that counts its requests and stops at one of them, like a killed process."""

import threading
from typing import Any

from provisioner.net.address import parse_origin
from provisioner.net.client import HttpAnswer
from provisioner.stripe_api.http import BoundedClient
from provisioner.stripe_api.rate_limit import Limits

KEY = "sk_test_chaos"
LIMITLESS = Limits(endpoint=1_000_000, total=1_000_000)
TIMEOUTS = (5.0, 0.25)  # seconds; the sandbox responds within a few milliseconds


class Killed(BaseException):
    """The process was killed; no `except Exception` catches it."""


class KillableClient(BoundedClient):
    """
    Records every request in `asked`, and raises Killed from request number `dies_at` (from 0) on.

    If `heard` is set, request number `dies_at` is still sent, but its response is lost.
    """

    def __init__(self, base: str, dies_at: int | None = None, *, heard: bool = False) -> None:
        super().__init__(parse_origin(base), TIMEOUTS)
        self.asked: list[str] = []
        self._dies_at = dies_at
        self._heard = heard
        self._lock = threading.Lock()

    def exchange(self, method: str, path: str, *rest: Any, **named: Any) -> HttpAnswer:
        """Send a request; raises Killed if the process counts as killed."""
        with self._lock:
            number = len(self.asked)
            self.asked.append(f"{method.upper()} {path.partition('?')[0]}")
        if self._dies_at is not None and number >= self._dies_at:
            if number == self._dies_at and self._heard:
                super().exchange(method, path, *rest, **named)
            raise Killed
        return super().exchange(method, path, *rest, **named)
