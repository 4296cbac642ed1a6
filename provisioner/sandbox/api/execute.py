"""Runs a request's handler, scheduled actions, and the idempotency record in one transaction."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.sandbox.api import idempotency, timers
from provisioner.sandbox.api.asked import ApiAnswer, Asked, broken, refusal
from provisioner.sandbox.api.expand import expanded
from provisioner.sandbox.registry import Download, HandlerCall
from provisioner.sandbox.rules.common import versions
from provisioner.sandbox.rules.common.listing import ListPage
from provisioner.sandbox.state import clock
from provisioner.sandbox.state.errors import ApiError
from provisioner.sandbox.state.objects import Tx, dump
from provisioner.sandbox.state.store import Store


@contextlib.contextmanager
def reading(store: Store, asked: Asked) -> Iterator[HandlerCall]:
    """Open a read-only transaction for a request, for work before its handler runs."""
    with store.transaction(write=False) as db:
        moment = clock.now(db)
        yield HandlerCall(Tx(db, asked.account, int(moment), asked.origin), asked.params, asked.id)


@contextlib.contextmanager
def writing(store: Store, asked: Asked) -> Iterator[HandlerCall]:
    """Open a transaction for a request whose changes are visible to others before its handler runs."""
    with store.transaction(write=True) as db:
        moment = clock.now(db)
        timers.run(db, moment)
        yield HandlerCall(Tx(db, asked.account, int(moment), asked.origin), asked.params, asked.id)


def answered_before(store: Store, asked: Asked) -> bool:
    """Return True if a response is stored under the request's idempotency key."""
    if asked.key is None:
        return False
    with reading(store, asked) as call:
        digest = idempotency.digest(asked.route.method, asked.path, asked.params)
        return idempotency.replay(call.tx, asked.key, digest) is not None


def execute(store: Store, asked: Asked, extra: Mapping[str, Any]) -> ApiAnswer:
    """Carry out a request; raises ApiError for an error that is not stored for an idempotency key."""
    write = asked.route.method != "GET"
    with store.transaction(write=write) as db:
        moment = clock.now(db)
        if write or not timers.waiting(db, moment):
            if write:
                timers.run(db, moment)
            return _answer(db, asked, moment, extra)
    with store.transaction(write=True) as db:
        timers.run(db, moment)
        return _answer(db, asked, moment, extra)


def _answer(db: sqlite3.Connection, asked: Asked, moment: float, extra: Mapping[str, Any]) -> ApiAnswer:
    tx = Tx(db, asked.account, int(moment), asked.origin)
    if asked.key is None:
        return _unwritten(tx, asked, extra) if asked.effect == "unwritten" else _handle(tx, asked, extra)
    digest = idempotency.digest(asked.route.method, asked.path, asked.params)
    replayed = idempotency.replay(tx, asked.key, digest)
    if replayed is not None:
        return ApiAnswer(*replayed)
    if asked.effect == "unwritten":
        return _unwritten(tx, asked, extra)
    db.execute("SAVEPOINT handler")
    try:
        answer = _handle(tx, asked, extra)
    except ApiError as error:
        db.execute("ROLLBACK TO handler")
        answer = refusal(error, asked.account, asked.request_id)
    db.execute("RELEASE handler")
    idempotency.keep(tx, asked.key, digest, answer.status, str(answer.body))
    answer.headers |= {"Idempotency-Key": asked.key, "Original-Request": asked.request_id}
    return answer


def _unwritten(tx: Tx, asked: Asked, extra: Mapping[str, Any]) -> ApiAnswer:
    """Return the response of a request whose changes are discarded."""
    tx.db.execute("SAVEPOINT unwritten")
    answer = _handle(tx, asked, extra)
    tx.db.execute("ROLLBACK TO unwritten")
    tx.db.execute("RELEASE unwritten")
    return answer


def _handle(tx: Tx, asked: Asked, extra: Mapping[str, Any]) -> ApiAnswer:
    if asked.effect == "500_began":
        raise broken()
    shown = asked.route.handler(HandlerCall(tx, asked.params, asked.id, extra, asked.version, asked.parent))
    if asked.effect == "500_after":
        return refusal(broken(), asked.account, asked.request_id)
    if isinstance(shown, Download):
        return ApiAnswer(200, shown.content, media_type=shown.media_type)
    if isinstance(shown, ListPage):
        if versions.is_current(asked.version):
            return ApiAnswer(200, shown.text)
        shown = json.loads(shown.text)
    paths = asked.params.get("expand", [])
    shown = expanded(tx, asked.route.answers, shown, paths, reading=asked.route.method == "GET")
    if not versions.is_current(asked.version):
        versions.undo(shown, asked.version)
    return ApiAnswer(200, dump(shown))
