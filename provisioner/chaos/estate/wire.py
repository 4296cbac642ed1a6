"""The HTTP client of one run, which applies the run's faults to its requests."""

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from msgspec import Struct, field

from provisioner.chaos.embedded import BASE, Embedded, Said
from provisioner.chaos.estate.trouble import INNER, KILLS, PEACE, Strike, Trouble
from provisioner.chaos.killable_client import KEY, LIMITLESS, Killed
from provisioner.net.address import parse_origin
from provisioner.net.client import HttpAnswer
from provisioner.sandbox.api.faults import Effect
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.failure import LostError, RefusalError
from provisioner.stripe_api.http import REFUSALS, BoundedClient

LISTED = ("cards", "cardholders", "topups", "webhook_endpoints", "personalization_designs")
Json = Mapping[str, Any]
Gate = Callable[[Callable[[], Said]], Said]
Seen = Mapping[str, Json]  # objects by id


def at_once(request: Callable[[], Said]) -> Said:
    """Make a request without waiting for other runs."""
    return request()


class Outgoing(Struct, frozen=True):
    """One request to be sent."""

    method: str
    """The HTTP method."""
    target: str
    """The path and the query."""
    headers: Mapping[str, str]
    """The headers."""
    body: bytes = b""
    """The body."""

    @property
    def path(self) -> str:
        """The path, without the query."""
        return self.target.partition("?")[0]


class Mail(Struct):
    """Requests that arrive after their client gave up, each with the number of requests before it."""

    waiting: list[tuple[int, Outgoing]] = field(default_factory=list)
    """Each request, with the number of requests that arrive before it."""

    def due(self) -> Iterator[Outgoing]:
        """Yield the requests that arrive before the next one."""
        waiting, self.waiting = self.waiting, []
        for left, request in waiting:
            if left:
                self.waiting.append((left - 1, request))
            else:
                yield request

    def all(self) -> list[Outgoing]:
        """Return all requests that have not arrived, and remove them."""
        waiting, self.waiting = self.waiting, []
        return [request for _, request in waiting]


class Wire(BoundedClient):
    """
    Makes the requests of one run, and records the ids of those that reached the sandbox in `made`.

    `seen` has the objects that lagging lists show.
    """

    def __init__(
        self,
        sandbox: Embedded,
        mail: Mail,
        trouble: Trouble = PEACE,
        seen: Seen | None = None,
        gate: Gate = at_once,
    ) -> None:
        super().__init__(parse_origin(BASE), (1.0, 1.0))
        self.made: set[str] = set()
        self.asked: Counter[str] = Counter()
        self.sandbox, self._mail, self._gate = sandbox, mail, gate
        self._strikes, self._lag, self._seen = list(trouble.strikes), trouble.lag, seen or {}
        self._struck: Counter[Strike] = Counter()
        self._lists = 0
        self._dead = False
        self._now = 0.0

    def transport(self) -> Transport:
        """
        Return a transport whose waits take no time.

        Its clock moves by one second for each wait, as the length of waits is random.
        """

        def sleep(_seconds: float) -> None:
            self._now += 1

        return Transport(
            KEY, limits=LIMITLESS, api_base=BASE, http=self, sleep=sleep, clock=lambda: self._now
        )

    def exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: str | bytes | None = None,
        *,
        within: float | None = None,  # noqa: ARG002 - requests take no time here
    ) -> HttpAnswer:
        """Send one request, or apply the fault that hits it."""
        if self._dead:
            raise Killed
        data = body.encode() if isinstance(body, str) else body or b""
        request = Outgoing(method.upper(), path, headers, data)
        said = self._gate(lambda: self._answer(request))
        if said.status >= REFUSALS:
            raise RefusalError(said.status, said.headers, said.data["error"])
        return HttpAnswer(said.status, said.headers, said.body)

    def _answer(self, request: Outgoing) -> Said:
        for late in self._mail.due():
            self._pass(late)
        method = "GET" if request.method == "GET" else "POST"  # a deletion is a write like any other
        self.asked[method] += 1
        number = self.asked[method]
        at = (each for each in self._strikes if each.method == method and number >= each.at)
        strike = next((each for each in at if not each.count or self._struck[each] < each.count), None)
        if strike is None:
            return self._lagging(request, self._pass(request))
        self._struck[strike] += 1
        return self._hit(request, strike)

    def _hit(self, request: Outgoing, strike: Strike) -> Said:
        effect = strike.effect
        if effect in INNER:
            return self._pass(request, cast("Effect", effect))
        if effect == "as_it_was":
            parent, _, last = request.path.removesuffix("/cancel").rpartition("/")
            is_update = parent.endswith(LISTED)
            return (
                self.sandbox.ask("GET", f"{parent}/{last}") if is_update else self._pass(request, "unwritten")
            )
        if effect.endswith("_after"):
            self._pass(request)
        if effect in ("late", "kill_late"):
            self._mail.waiting.append((strike.later, request))
        if effect in KILLS:
            self._dead = True
            raise Killed
        raise LostError

    def _pass(self, request: Outgoing, effect: Effect | None = None) -> Said:
        said = self.sandbox.ask(request.method, request.target, request.headers, request.body, effect)
        self.made.add(said.headers["request-id"])
        return said

    def _lagging(self, request: Outgoing, said: Said) -> Said:
        """Return the response, with older objects if it is a list that lags."""
        resource = request.path.removeprefix("/v1/")
        if self._lag is None or request.method != "GET" or resource not in self._lag.resources:
            return said
        self._lists += 1
        if said.status >= REFUSALS or (self._lag.lists and self._lists > self._lag.lists):
            return said
        page = said.data
        shown = [
            item
            for item in page["data"]
            if (item["data"]["object"] if item["object"] == "event" else item)["id"] in self._seen
        ]
        if self._lag.way == "is_old" and resource != "events":
            shown = [self._seen[item["id"]] for item in shown]
        return Said(said.status, said.headers, json.dumps({**page, "data": shown}).encode())


class Turns:
    """Interleaves the requests of several runs in a random order."""

    def __init__(self, rng: random.Random, runs: int) -> None:
        self._rng = rng
        self._alive = set(range(runs))
        self._waiting: set[int] = set()
        self._chosen: int | None = None
        self._changed = threading.Condition()

    def gate(self, run: int) -> Gate:
        """Return a function that makes a request of a run when it is its turn."""

        def take(request: Callable[[], Said]) -> Said:
            with self._changed:
                self._waiting.add(run)
                self._choose()
                self._changed.wait_for(lambda: self._chosen == run)
                self._waiting.discard(run)
                self._chosen = None
                return request()

        return take

    def leave(self, run: int) -> None:
        """Record that a run ended."""
        with self._changed:
            self._alive.discard(run)
            self._choose()

    def _choose(self) -> None:
        if self._chosen is None and self._waiting and self._waiting == self._alive:
            self._chosen = self._rng.choice(sorted(self._waiting))
            self._changed.notify_all()
