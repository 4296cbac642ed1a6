"""What every request goes through: key, account, parameters, idempotency, the handler in its transaction."""

import asyncio
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from provisioner.sandbox import auth, clock, due, forms, idempotency, schema
from provisioner.sandbox.changes import API_VERSION
from provisioner.sandbox.errors import StripeError, invalid
from provisioner.sandbox.expand import expanded
from provisioner.sandbox.route import Call, Route
from provisioner.sandbox.rules import account
from provisioner.sandbox.settings import Settings
from provisioner.sandbox.store import Store
from provisioner.sandbox.tx import Origin, Tx, dump, new_id

_FORM = "application/x-www-form-urlencoded"


@dataclass
class Sandbox:
    """One running sandbox: its settings, its state, and the idempotency keys that are in flight."""

    settings: Settings
    store: Store
    in_flight: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True)
class Asked:
    """A request that may be served: by which account, with which typed parameters, under which key."""

    route: Route
    account: str
    params: dict[str, Any]
    id: str
    request_id: str
    key: str | None
    path: str


@dataclass
class Answer:
    """An answer ready to be sent."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


async def respond(sandbox: Sandbox, route: Route, request: Request) -> Answer:
    """Serve one request from its key to its answer; errors come back as answers too."""
    request_id = new_id("req_", 14)
    headers = {"Request-Id": request_id}
    account_id = ""
    try:
        version = request.headers.get("stripe-version") or API_VERSION
        headers["Stripe-Version"] = version
        auth.key_of(request.headers.get("authorization", ""))
        account_id = _account(sandbox, request)
        params = schema.check(route.params, await _params(request))
        key = idempotency.key_of(request) if route.method == "POST" else None
        asked = Asked(
            route, account_id, params, request.path_params.get("id", ""), request_id, key, request.url.path
        )
        answer = await _serve(sandbox, asked)
    except StripeError as error:
        answer = refusal(error, account_id, request_id)
    answer.headers = headers | answer.headers
    return answer


def refusal(error: StripeError, account_id: str, request_id: str) -> Answer:
    """An error as an answer."""
    return Answer(error.status, dump(error.body(account_id, request_id)), dict(error.headers))


async def _params(request: Request) -> dict[str, Any]:
    pairs = forms.pairs(request.url.query)
    body = await request.body()
    if body:
        content_type = request.headers.get("content-type", _FORM).partition(";")[0].strip().lower()
        if content_type != _FORM:
            raise invalid(f"Invalid request: the content type must be {_FORM}, not {content_type}")
        try:
            pairs += forms.pairs(body.decode())
        except UnicodeDecodeError:
            raise invalid("Invalid request: the body is not UTF-8") from None
    return forms.nest(pairs)


def _account(sandbox: Sandbox, request: Request) -> str:
    with sandbox.store.transaction(write=False) as db:
        own = Tx(db, "", 0, Origin())
        return account.acting(own, request.headers.get("stripe-account"))


async def _serve(sandbox: Sandbox, asked: Asked) -> Answer:
    if asked.key is None:
        await asyncio.sleep(sandbox.settings.latency)
        return execute(sandbox, asked)
    held = (asked.account, asked.key)
    if held in sandbox.in_flight:
        raise idempotency.in_use(asked.key)
    sandbox.in_flight.add(held)
    try:
        await asyncio.sleep(sandbox.settings.latency)
        return execute(sandbox, asked)
    finally:
        sandbox.in_flight.discard(held)


def execute(sandbox: Sandbox, asked: Asked) -> Answer:
    """Run the handler in one transaction, together with its idempotency record and what fell due before."""
    write = asked.route.method != "GET"
    with sandbox.store.transaction(write=write) as db:
        moment = clock.now(db)
        late = due.waiting(db, moment)
        if write:
            due.run(db, moment)
            return _execute(db, asked, moment)
        if not late:
            return _execute(db, asked, moment)
    with sandbox.store.transaction(write=True) as db:
        due.run(db, moment)
        return _execute(db, asked, moment)


def _execute(db: sqlite3.Connection, asked: Asked, moment: float) -> Answer:
    tx = Tx(db, asked.account, int(moment), Origin(asked.request_id, asked.key))
    if asked.key is None:
        return _handle(tx, asked)
    digest = idempotency.digest(asked.route.method, asked.path, asked.params)
    replayed = idempotency.replay(tx, asked.key, digest)
    if replayed is not None:
        return Answer(*replayed)
    db.execute("SAVEPOINT handler")
    try:
        answer = _handle(tx, asked)
    except StripeError as error:
        db.execute("ROLLBACK TO handler")
        answer = refusal(error, asked.account, asked.request_id)
    db.execute("RELEASE handler")
    idempotency.keep(tx, asked.key, digest, answer.status, answer.body)
    answer.headers |= {"Idempotency-Key": asked.key, "Original-Request": asked.request_id}
    return answer


def _handle(tx: Tx, asked: Asked) -> Answer:
    shown = asked.route.handler(Call(tx, asked.params, asked.id))
    if shown.get("object") != "list":
        shown = expanded(tx, asked.route.answers, shown, asked.params.get("expand", []))
    return Answer(200, dump(shown))
