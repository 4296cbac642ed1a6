"""A sandbox without a network: it is called in this process, one request at a time."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode

from provisioner.chaos.killable_client import KEY
from provisioner.sandbox.api.faults import Effect, Fault
from provisioner.sandbox.http.app import application, opened
from provisioner.sandbox.http.control import CONTROLS
from provisioner.sandbox.settings import Settings
from provisioner.sandbox.state.objects import ids_by

BASE = "http://127.0.0.1"
OK = 200
BEGINNING = 1_800_000_000  # the time at which every history begins (Unix seconds)

Json = dict[str, Any]


class Said(NamedTuple):
    """A response of the sandbox."""

    status: int
    """The HTTP status."""
    headers: Mapping[str, str]
    """The headers; their names are in lower case."""
    body: bytes
    """The body as sent."""

    @property
    def done(self) -> bool:
        """True if the request succeeded."""
        return self.status == OK

    @property
    def data(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)


class Embedded:
    """A separate sandbox with its state in memory, empty at first."""

    def __init__(self) -> None:
        self._sandbox = opened(Settings(rate_limit=False))
        self._app = application(self._sandbox)
        self._lock = threading.RLock()

    def ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        effect: Effect | None = None,
    ) -> Said:
        """
        Make a request and return the response; `effect` is a fault of the sandbox to apply to it.

        Effects that break the connection do nothing here: the client decides which responses it receives.
        """
        path, _, query = target.partition("?")
        sent = {"authorization": f"Bearer {KEY}", "host": "127.0.0.1", **(headers or {})}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 0),
            "server": ("127.0.0.1", 80),
        }
        with self._lock:
            self._sandbox.faults.replace([Fault(effect)] if effect else [], 0)
            return self._served(scope, body)

    def read(self, path: str, **params: Any) -> Any:
        """Return the decoded response to a GET request."""
        return self.ask("GET", f"{path}?{urlencode(params)}" if params else path).data

    def list(self, path: str, **params: Any) -> Iterator[Json]:
        """Yield all objects of a list, newest first."""
        cursor: Json = {}
        while True:
            page = self.read(path, limit=100, **params, **cursor)
            yield from page["data"]
            if not page["has_more"]:
                return
            cursor = {"starting_after": page["data"][-1]["id"]}

    def write(self, path: str, params: Mapping[str, Any]) -> Said:
        """Make a POST request as a person would, with parameters as nested values."""
        pairs = list(_flat(params))
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, headers, urlencode(pairs).encode())

    def control(self, what: str, asked: Mapping[str, Any]) -> Any:
        """Call a function of the sandbox's control API (see `sandbox.http.control`)."""
        with self._lock:
            return CONTROLS[what](self._sandbox, dict(asked))

    def close(self) -> None:
        """Close the database."""
        self._sandbox.store.close()

    def _served(self, scope: Json, body: bytes) -> Said:
        messages: list[Json] = []

        async def receive() -> Json:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Json) -> None:
            messages.append(message)

        serving = self._app(scope, receive, send)  # type: ignore[arg-type]  # plain dicts are what servers pass
        try:
            serving.send(None)  # a coroutine that never waits
        except StopIteration:
            start = messages[0]
            headers = {name.decode(): value.decode() for name, value in start["headers"]}
            return Said(start["status"], headers, b"".join(each.get("body", b"") for each in messages[1:]))
        raise RuntimeError("the sandbox waited for something")


@contextmanager
def embedded(seed: int) -> Iterator[Embedded]:
    """Yield a new sandbox for the block; the same requests with the same seed get the same responses."""
    with ids_by(seed):
        sandbox = Embedded()
        sandbox.control("clock", {"stop": BEGINNING})
        with closing(sandbox):
            yield sandbox


def _flat(params: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(params, Mapping):
        for key, value in params.items():
            yield from _flat(value, f"{name}[{key}]" if name else str(key))
    elif isinstance(params, list):
        for number, value in enumerate(params):
            yield from _flat(value, f"{name}[{number}]")
    else:
        yield name, str(params)
