"""Serves a request: checks key, limits, and parameters, takes locks, applies faults, and runs the handler."""

import asyncio
import contextlib
import json
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from typing import Any

from starlette.requests import ClientDisconnect, Request

from provisioner.sandbox.api import auth, forms, idempotency, schema, version
from provisioner.sandbox.api.asked import ApiAnswer, Asked, broken, refusal
from provisioner.sandbox.api.execute import answered_before, execute, reading, writing
from provisioner.sandbox.api.limits import too_many
from provisioner.sandbox.http.sandbox import Sandbox
from provisioner.sandbox.registry import HandlerCall, Preparation, Route, UploadedFile
from provisioner.sandbox.rules.accounts import account, permissions
from provisioner.sandbox.rules.common.changes import API_VERSION
from provisioner.sandbox.state import clock
from provisioner.sandbox.state.errors import ApiError, invalid
from provisioner.sandbox.state.objects import Origin, Tx, new_id

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
# Clients that show responses to people; Stripe indents all responses.
_READERS = ("curl/", "Stripe/v1 stripe-cli")
_NOTHING_WRITTEN = frozenset({"500_began", "unwritten"})
_DROPPED = ApiAnswer(500, "", cut="drop")


async def respond(sandbox: Sandbox, route: Route, request: Request) -> ApiAnswer:
    """Serve one request; errors are returned as responses, too."""
    request_id = new_id("req_", 14)
    headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION}
    account_id = ""
    fault = sandbox.faults.next(request.method, request.url.path)
    if fault is not None and fault.effect == "drop_before":
        return _DROPPED
    try:
        headers["Stripe-Version"] = version.of(request.headers.get("stripe-version"), route)
        account_id = _enter(sandbox, route, request)
        headers |= {"Stripe-Account": account_id} if "stripe-account" in request.headers else {}
        if fault is not None and fault.effect == "429":
            raise too_many("endpoint-rate")
        if fault is not None and fault.effect == "500_before":
            raise broken()
        params = schema.check(route.params, await _params(route, request))
        key = idempotency.key_of(request) if route.method == "POST" else None
        asked = Asked(
            route=route,
            account=account_id,
            params=params,
            id=request.path_params.get("id", ""),
            request_id=request_id,
            key=key,
            path=request.url.path,
            version=headers["Stripe-Version"],
            base=str(request.base_url).rstrip("/"),
            parent=request.path_params.get("parent", ""),
            fault=fault,
        )
        answer = await _serve(sandbox, asked)
    except ApiError as error:
        answer = refusal(error, account_id, request_id)
    answer.headers = headers | answer.headers | {"Date": _date(sandbox)}
    if isinstance(answer.body, str) and request.headers.get("user-agent", "").startswith(_READERS):
        answer.body = json.dumps(json.loads(answer.body), indent=2, ensure_ascii=False) + "\n"
    sandbox.cli.log(account_id, request, answer)
    return answer


def _date(sandbox: Sandbox) -> str:
    """Return the sandbox's time in HTTP's format; clients may rely on Stripe's time."""
    with sandbox.store.transaction(write=False) as db:
        return formatdate(clock.now(db), usegmt=True)


def _enter(sandbox: Sandbox, route: Route, request: Request) -> str:
    """
    Check the key, its permissions, and the rate limits, and return the id of the account.

    A route without a scope needs no key, and acts on no account.
    """
    if not route.scope:
        return ""
    key = auth.key_of(request.headers.get("authorization", ""), sandbox.settings.key)
    wanted = request.headers.get("stripe-account") or request.headers.get("stripe-context")
    with sandbox.store.transaction(write=False) as db:
        own = Tx(db, "", 0, Origin())
        account_id = account.acting(own, wanted)
        if sandbox.settings.rate_limit:
            sandbox.limits.take(account_id, f"{route.method} {route.path}")
        permissions.require(own, key, route.scope, route.method, connected=wanted is not None)
        if "/issuing/" in route.path:
            account.require_issuing(own, account_id)
    return account_id


async def _params(route: Route, request: Request) -> dict[str, Any]:
    pairs: list[tuple[str, str | UploadedFile]] = [*forms.pairs(request.url.query)]
    try:
        body = await request.body()
    except ClientDisconnect:
        raise invalid("The request was cut off.") from None
    if body:
        whole_type = request.headers.get("content-type", _FORM)
        content_type = whole_type.partition(";")[0].strip().lower()
        if route.uploads and content_type == _MULTIPART:
            return forms.nest(pairs + forms.parts(whole_type, body))
        if content_type != _FORM:
            raise invalid(f"Invalid request: the content type must be {_FORM}, not {content_type}")
        try:
            pairs += forms.pairs(body.decode())
        except UnicodeDecodeError:
            raise invalid("Invalid request: the body is not UTF-8") from None
    return forms.nest(pairs)


async def _serve(sandbox: Sandbox, asked: Asked) -> ApiAnswer:
    with _in_flight(sandbox, asked):
        extra = await _prepared(sandbox, asked)
        # A prepared request has written already, and others may hold its locks since then; it must still be
        # completed.
        with contextlib.nullcontext() if extra else _locked(sandbox, asked):
            delay = asked.fault.seconds if asked.fault and asked.effect == "delay" else 0.0
            if wait := sandbox.settings.latency + delay:
                await asyncio.sleep(wait)
            answer = execute(sandbox.store, asked, extra)
    if asked.route.method != "GET":
        sandbox.postman.call()
        sandbox.cli.call()
    answer.cut = {"drop_after": "drop", "truncate": "middle"}.get(asked.effect, "")
    return answer


async def _prepared(sandbox: Sandbox, asked: Asked) -> Mapping[str, Any]:
    """
    Do a route's slow work, without locks: a webhook may read and write the same objects meanwhile.

    A fault after which nothing may be written, and a repeated request, have no such work.
    """
    prepare = asked.route.prepare
    if prepare is None or asked.effect in _NOTHING_WRITTEN or answered_before(sandbox.store, asked):
        return {}

    @contextlib.contextmanager
    def alone() -> Iterator[HandlerCall]:
        with _locked(sandbox, asked), writing(sandbox.store, asked) as call:
            yield call

    return await prepare(Preparation(alone, sandbox.postman.post, sandbox.cli))


@contextlib.contextmanager
def _in_flight(sandbox: Sandbox, asked: Asked) -> Iterator[None]:
    """Hold the request's idempotency key while the block runs; raises ApiError (409) if it is in use."""
    if asked.key is None:
        yield
        return
    held = (asked.account, asked.key)
    if held in sandbox.in_flight:
        raise idempotency.in_use(asked.key)
    sandbox.in_flight.add(held)
    try:
        yield
    finally:
        sandbox.in_flight.discard(held)


@contextlib.contextmanager
def _locked(sandbox: Sandbox, asked: Asked) -> Iterator[None]:
    """Lock the objects that a request writes; raises ApiError (`lock_timeout`) if one is locked."""
    if asked.route.method == "GET":
        yield
        return
    alone, shared = asked.id or asked.params.get("replacement_for"), asked.params.get("cardholder")
    if asked.route.answers.object == "issuing.card" and asked.id:
        with reading(sandbox.store, asked) as call:
            shared = (call.tx.get(asked.route.answers, asked.id) or {}).get("cardholder")
    sandbox.locks.take(alone, shared)
    try:
        yield
    finally:
        sandbox.locks.release(alone, shared)
