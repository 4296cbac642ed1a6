"""
A proxy in front of the embedded Stripe that lies where a test tells it to, and passes on all else.

    with lying(stripe_base) as liar:
        monkeypatch.setenv("STRIPE_API_BASE", liar.base)
        liar.lie("POST /v1/issuing/cards", not_done)             # the next one is answered, not carried out
        liar.lie("POST /v1/issuing/cards/*", as_it_was, count=None)  # every one
        liar.lie("POST /v1/topups", changed("amount", 1))
        liar.lag("issuing/cards")                                # lists hide what is created from now on
        liar.catch_up()

Every lie is a function from a request to an answer, so a test can bring its own. `liar.asked` has every
request as `METHOD /path`, `liar.lied` those that were answered with a lie.
"""

import copy
import fnmatch
import http.client
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from provisioner.sandbox.api import forms, schema
from provisioner.sandbox.api.routes import ROUTES
from support.loopback import Quiet, serving

Json = dict[str, Any]
PREFIXES = {"issuing/cards": "ic_", "issuing/cardholders": "ich_", "topups": "tu_"}
_NOT_PASSED_ON = {"host", "connection", "content-length", "transfer-encoding", "date", "server"}


@dataclass(frozen=True)
class Answer:
    """An answer of JSON."""

    status: int
    data: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Asked:
    """One request on its way: `path` is without the query, `body` the form as it was sent."""

    liar: "Liar"
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str

    def pass_on(self) -> Answer:
        """What Stripe answers."""
        return self._ask(self.method, self.path + (f"?{self.query}" if self.query else ""), self.body)

    def look(self, path: str) -> Any:
        """What Stripe has at a path, read on the side."""
        return self._ask("GET", path, "").data

    @property
    def params(self) -> Json:
        """The parameters as values of Stripe's types; texts where the sandbox does not know them."""
        nested = forms.nest(forms.pairs(self.body))
        template = next((r for r in ROUTES if r.method == self.method and r.path == self.path), None)
        return schema.check(template.params, nested) if template else nested

    def _ask(self, method: str, path: str, body: str) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.liar.honest).netloc, timeout=30)
        try:
            sent = {k: v for k, v in self.headers.items() if method != "GET" or k.lower() != "content-type"}
            connection.request(method, path, body or None, sent)
            reply = connection.getresponse()
            passed = {k: v for k, v in reply.getheaders() if k.lower() not in _NOT_PASSED_ON}
            return Answer(reply.status, json.loads(reply.read()), passed)
        finally:
            connection.close()


Lie = Callable[[Asked], Answer]


@dataclass
class _Rule:
    match: str
    lie: Lie
    skip: int
    count: int | None

    def takes(self, request: str) -> bool:
        if self.count == 0 or not fnmatch.fnmatchcase(request, self.match):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.count = self.count and self.count - 1
        return True


@dataclass
class Liar:
    """The proxy at `base`, in front of the Stripe at `honest`."""

    honest: str
    base: str = ""
    asked: list[str] = field(default_factory=list)
    lied: list[str] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    _rules: list[_Rule] = field(default_factory=list)
    _lags: dict[str, int | None] = field(default_factory=dict)
    _answers: dict[str, list[Answer]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def lie(self, match: str, lie: Lie, *, count: int | None = 1, skip: int = 0) -> None:
        """
        Answer requests so: `match` is a pattern for `METHOD /path`, without the query.

        The first `skip` that match are passed on, then `count` (None: all) are lied to.
        """
        self._rules.append(_Rule(match, lie, skip, count))

    def honestly(self) -> None:
        """Lie no more, and hide nothing."""
        self._rules.clear()
        self.catch_up()

    def lag(self, resource: str, lists: int | None = None) -> None:
        """
        Let the lists of a resource (`issuing/cards`) hide what is created through here from now on.

        They do so for this many requests of the list (None: until `catch_up`). The list of `events` hides
        those about hidden objects. What is created in another way is hidden by adding its id to `hidden`.
        """
        self._lags[resource] = lists

    def catch_up(self) -> None:
        """Hide nothing any more."""
        self._lags.clear()
        self.hidden.clear()

    def new_id(self, prefix: str) -> str:
        """An id that Stripe does not know."""
        return f"{prefix}Liar{next(self._numbers):020}"

    def last_answers(self, asked: Asked) -> list[Answer]:
        """Earlier honest answers to the same method and path, oldest first."""
        return self._answers.get(f"{asked.method} {asked.path}", [])

    def answer(self, asked: Asked) -> Answer:
        """The answer to a request: a lie where a rule says so."""
        request = f"{asked.method} {asked.path}"
        with self._lock:
            self.asked.append(request)
            rule = next((rule for rule in self._rules if rule.takes(request)), None)
            if rule is not None:
                self.lied.append(request)
        if rule is not None:
            return rule.lie(asked)
        answer = asked.pass_on()
        with self._lock:
            self._answers.setdefault(request, []).append(answer)
            return self._late(asked, answer)

    def _late(self, asked: Asked, answer: Answer) -> Answer:
        """A list without what it hides; of a creation, what is to be hidden is noted."""
        resource = asked.path.removeprefix("/v1/")
        if asked.method == "POST" and resource in self._lags and isinstance(answer.data.get("id"), str):
            self.hidden.add(answer.data["id"])
        if asked.method != "GET" or answer.data.get("object") != "list" or resource not in self._lags:
            return answer
        left = self._lags[resource]
        if left == 0:
            return answer
        self._lags[resource] = left and left - 1
        shown = [item for item in answer.data["data"] if not self._hides(item)]
        return Answer(answer.status, {**answer.data, "data": shown}, answer.headers)

    def _hides(self, item: Json) -> bool:
        about = item["data"]["object"] if item.get("object") == "event" else item
        return about.get("id") in self.hidden


def not_done(asked: Asked) -> Answer:
    """A write answered as if it had been carried out; Stripe never hears of it."""
    if asked.path.removeprefix("/v1/") in PREFIXES:
        return _made_up(asked)
    path = asked.path.removesuffix("/cancel")
    old = asked.look(path)
    cancels = {"status": "canceled"} if path != asked.path else {}
    return Answer(200, merged(old, {**_typed_like(asked.params, old), **cancels}), _headers(asked))


def as_it_was(asked: Asked) -> Answer:
    """A write to an object answered with the object as it was; Stripe never hears of it."""
    return Answer(200, asked.look(asked.path.removesuffix("/cancel")), _headers(asked))


def replay(asked: Asked) -> Answer:
    """The first answer that the same method and path were given, as if it were the answer to this one."""
    earlier = asked.liar.last_answers(asked)
    assert earlier, f"nothing to replay for {asked.method} {asked.path}"
    return earlier[0]


def twice(asked: Asked) -> Answer:
    """A list that holds its first object twice."""
    answer = asked.pass_on()
    items = answer.data["data"]
    return Answer(answer.status, {**answer.data, "data": [*items[:1], *items]}, answer.headers)


def changed(path: str, value: Any) -> Lie:
    """Passed on, but a field (`a.b.c`) of the answer, of a list's first object, is another value."""

    def lie(asked: Asked) -> Answer:
        answer = asked.pass_on()
        data = copy.deepcopy(answer.data)
        place = data["data"][0] if data.get("object") == "list" else data
        *way, last = path.split(".")
        for name in way:
            place = place[name]
        place[last] = value
        return Answer(answer.status, data, answer.headers)

    return lie


def without(*names: str) -> Lie:
    """Passed on without the parameters that begin so (`spending_controls[spending_limits]`)."""

    def lie(asked: Asked) -> Answer:
        kept = [(n, v) for n, v in parse_qsl(asked.body, keep_blank_values=True) if not n.startswith(names)]
        asked.body = urlencode(kept, quote_via=quote, safe="[]")
        return asked.pass_on()

    return lie


def without_empty(asked: Asked) -> Answer:
    """Passed on without parameters that are empty: `""` clears nothing."""
    kept = [(name, value) for name, value in parse_qsl(asked.body, keep_blank_values=True) if value]
    asked.body = urlencode(kept, quote_via=quote, safe="[]")
    return asked.pass_on()


def merged(old: Any, asked: Any) -> Any:
    """What an object would be if Stripe had done what was asked."""
    if isinstance(asked, Mapping):
        known = old if isinstance(old, Mapping) else {}
        return {**known, **{name: merged(known.get(name), value) for name, value in asked.items()}}
    if asked == "":
        return [] if isinstance(old, list) else None
    return asked


def _typed_like(asked: Any, old: Any) -> Any:
    """Parameters that are texts, as the types of the object's own values."""
    if isinstance(asked, Mapping):
        known = old if isinstance(old, Mapping) else {}
        return {name: _typed_like(value, known.get(name)) for name, value in asked.items()}
    if isinstance(asked, list):
        return [_typed_like(each, None) for each in asked]
    is_number = isinstance(asked, str) and asked.isdigit() and not isinstance(old, str)
    return int(asked) if is_number else asked


def _made_up(asked: Asked) -> Answer:
    resource = asked.path.removeprefix("/v1/")
    identity = {"id": asked.liar.new_id(PREFIXES[resource]), "object": resource.replace("/", ".").rstrip("s")}
    made: Json = {**identity, "created": int(time.time()), "livemode": False, "metadata": {}}
    made = merged(made | _defaults(resource), asked.params)
    if resource == "issuing/cards":
        made["cardholder"] = asked.look(f"/v1/issuing/cardholders/{made['cardholder']}")
    return Answer(200, made, _headers(asked))


def _defaults(resource: str) -> Json:
    if resource == "topups":
        return {"status": "pending"}
    none: Json = dict.fromkeys(("allowed_categories", "blocked_categories", "spending_limits"))
    controls = {"spending_controls": none, "status": "inactive" if "cards" in resource else "active"}
    if resource == "issuing/cardholders":
        return {**controls, "requirements": {"disabled_reason": None, "past_due": []}}
    return {**controls, "last4": "0000", "replacement_for": None, "replaced_by": None, "shipping": None}


def _headers(asked: Asked) -> dict[str, str]:
    return {"Request-Id": asked.liar.new_id("req_"), "Content-Type": "application/json"}


@contextmanager
def lying(honest: str) -> Iterator[Liar]:
    """Run a proxy in front of a Stripe until the block ends."""
    liar = Liar(honest)

    class Handler(Quiet):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # noqa: N802 - http.server's name
            address = urlsplit(self.path)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _NOT_PASSED_ON}
            body = self.sent().decode()
            try:
                answer = liar.answer(Asked(liar, self.command, address.path, address.query, headers, body))
            except (http.client.HTTPException, OSError):  # Stripe has broken off, so does this
                self.close_connection = True
                return
            self.reply(answer.status, json.dumps(answer.data).encode(), **answer.headers)

        do_POST = do_DELETE = do_GET  # noqa: N815 - http.server's names

    with serving(Handler) as liar.base:
        yield liar
