"""A sandbox for each test, and a client that speaks to it as curl would."""

import contextlib
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
import stripe
from support.forms import flat

from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings

Json = dict[str, Any]

# an older SDK lacks parameters and values that the sandbox knows
NEWEST_SDK = pytest.mark.skipif(
    [int(part) for part in stripe.VERSION.split(".")[:2]] < [16, 1],
    reason="the sandbox's types were made from stripe 16.1",
)
ADDRESS = {
    "line1": "123 Main Street",
    "city": "San Francisco",
    "state": "CA",
    "postal_code": "94111",
    "country": "US",
}


@dataclass(frozen=True)
class Reply:
    status: int
    body: Json
    headers: Mapping[str, str]

    @property
    def error(self) -> Json:
        return self.body["error"]


@dataclass(frozen=True)
class Api:
    """One sandbox and one key."""

    base: str
    key: str = "sk_test_abc123"
    headers: tuple[tuple[str, str], ...] = ()

    def with_headers(self, **headers: str) -> "Api":
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return replace(self, headers=self.headers + named)

    def send(self, method: str, path: str, form: str | None = None) -> Reply:
        data = form.encode() if form is not None and method != "GET" else None
        url = self.base + path + (f"?{form}" if form and method == "GET" else "")
        request = urllib.request.Request(url, data, method=method)  # noqa: S310
        request.add_header("Authorization", f"Bearer {self.key}")
        for name, value in self.headers:
            request.add_header(name, value)
        try:
            answer = urllib.request.urlopen(request, timeout=30)  # noqa: S310
        except urllib.error.HTTPError as refused:
            answer = refused
        with contextlib.closing(answer):
            return Reply(answer.status, json.loads(answer.read()), answer.headers)

    def post(self, path: str, params: Mapping[str, Any] | None = None, key: str | None = None) -> Reply:
        api = self.with_headers(Idempotency_Key=key) if key else self
        return api.send("POST", path, urllib.parse.urlencode(list(flat(params or {}))))

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Reply:
        return self.send("GET", path, urllib.parse.urlencode(list(flat(params or {}))))

    def delete(self, path: str) -> Reply:
        return self.send("DELETE", path)

    def ok(self, path: str, params: Mapping[str, Any] | None = None) -> Json:
        """POST, and the answer's body, which must be no refusal."""
        reply = self.post(path, params)
        assert reply.status == 200, reply.body
        return reply.body

    def read(self, path: str, params: Mapping[str, Any] | None = None) -> Json:
        """GET, and the answer's body, which must be no refusal."""
        reply = self.get(path, params)
        assert reply.status == 200, reply.body
        return reply.body

    def refused(self, path: str, params: Mapping[str, Any] | None = None, status: int = 400) -> Json:
        """POST, and the error, which there must be."""
        reply = self.post(path, params)
        assert reply.status == status, reply.body
        return reply.error

    def control(self, what: str, value: Any = None) -> Json:
        """Tell the sandbox something: POST /_sandbox/... with a JSON body."""
        request = urllib.request.Request(  # noqa: S310
            f"{self.base}/_sandbox/{what}", json.dumps(value or {}).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read())

    def advance(self, seconds: float) -> None:
        self.control("clock", {"advance": seconds})

    def events(self, *types: str) -> list[Json]:
        """The events of these types, newest first."""
        return self.read("/v1/events", {"limit": 100, **({"types": types} if types else {})})["data"]

    def issuing(self, currency: str = "usd") -> int:
        """What is available on the Issuing balance."""
        rows = self.read("/v1/balance")["issuing"]["available"]
        return next((row["amount"] for row in rows if row["currency"] == currency), 0)

    def fund(self, amount: int) -> Json:
        """A top-up towards Issuing that has settled."""
        topup = self.ok("/v1/topups", {"amount": amount, "currency": "usd", "destination_balance": "issuing"})
        self.advance(10)
        return self.read(f"/v1/topups/{topup['id']}")

    def connected(self) -> str:
        """The id of a new connected account with Issuing."""
        asked = {"type": "custom", "country": "US", "capabilities": {"card_issuing": {"requested": True}}}
        return self.ok("/v1/accounts", asked)["id"]

    def cardholder(self, **over: Any) -> Json:
        """A company in San Francisco."""
        params = {"name": "Company Card", "type": "company", "billing": {"address": ADDRESS}, **over}
        return self.ok("/v1/issuing/cardholders", params)

    def person(self, **over: Any) -> Json:
        """A person in San Francisco of whom nothing more is required."""
        terms = {"date": 1_600_000_000, "ip": "127.0.0.1"}
        who = {
            "first_name": "Jenny",
            "last_name": "Rosen",
            "card_issuing": {"user_terms_acceptance": terms},
            "dob": {"day": 1, "month": 2, "year": 1990},
        }
        return self.cardholder(**{"name": "Jenny Rosen", "type": "individual", "individual": who, **over})

    def card(self, **over: Any) -> Json:
        """An active virtual card, of a company of its own unless told otherwise."""
        holder = over.pop("cardholder", None) or self.cardholder()["id"]
        params = {"cardholder": holder, "currency": "usd", "type": "virtual", "status": "active", **over}
        return self.ok("/v1/issuing/cards", params)

    def purchase(self, card: Json, amount: int, **over: Any) -> Json:
        """A test authorization."""
        return self.ok(
            "/v1/test_helpers/issuing/authorizations", {"card": card["id"], "amount": amount, **over}
        )


@pytest.fixture(scope="session")
def _shared() -> Iterator[str]:
    with running(Settings(rate_limit=False)) as base:
        yield base


@pytest.fixture
def api(_shared: str) -> Api:
    """A sandbox in its first state, without rate limits."""
    shared = Api(_shared)
    shared.control("reset")
    return shared


@pytest.fixture
def start() -> Iterator[Any]:
    """`start(**settings)`: another sandbox, with settings of its own."""
    with contextlib.ExitStack() as stack:

        def begin(**settings: Any) -> Api:
            settings.setdefault("rate_limit", False)
            return Api(stack.enter_context(running(Settings(**settings))))

        yield begin
