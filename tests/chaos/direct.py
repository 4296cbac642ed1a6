"""The sandbox without HTTP: its own checks, keys and handlers, far faster, one request at a time."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from support.forms import flat

from provisioner.core.diff.top_up import read_top_up
from provisioner.core.model.config import Config
from provisioner.core.model.errors import StripeError
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.plan.call import Call
from provisioner.core.schema.kind import Kind, owned
from provisioner.engine.ports import NOTHING, Answer, Reader
from provisioner.engine.read.projection import observer
from provisioner.engine.read.repair import mended
from provisioner.sandbox.api import forms, schema, timers
from provisioner.sandbox.api.asked import ApiAnswer as Answered
from provisioner.sandbox.api.asked import Asked, refusal
from provisioner.sandbox.api.execute import execute
from provisioner.sandbox.api.faults import Fault
from provisioner.sandbox.api.routes import ROUTES
from provisioner.sandbox.http.cli_connections import CliConnections
from provisioner.sandbox.http.control import begin
from provisioner.sandbox.http.sandbox import Sandbox
from provisioner.sandbox.http.webhooks import Postman
from provisioner.sandbox.rules.common.changes import API_VERSION
from provisioner.sandbox.settings import Settings
from provisioner.sandbox.state import clock
from provisioner.sandbox.state.default_account import default_account
from provisioner.sandbox.state.errors import ApiError as Refusal
from provisioner.sandbox.state.objects import Origin, Tx, new_id
from provisioner.sandbox.state.store import Store
from provisioner.stripe_api.gateway import path as path_of

_ROUTES = [
    (route, re.compile("^" + re.escape(route.path).replace(r"\{id\}", "(?P<id>[^/]+)") + "$"))
    for route in ROUTES
]


class Bank:
    """One sandbox's state; what happens to it can be put back."""

    def __init__(self, settle: float | None = 5.0) -> None:
        self.store = Store(None)
        postman, cli = Postman(self.store), CliConnections(self.store)
        begin(Sandbox(Settings(topup_settle=settle), self.store, postman, cli))
        self._kept = sqlite3.connect(":memory:", check_same_thread=False)
        with self.store.transaction(write=False) as db:
            self.account = default_account(Tx(db, "", 0, Origin()))

        self._own = self.account

    def __del__(self) -> None:
        self.store.close()  # from 3.13 on, Python warns of a database that nobody has closed
        self._kept.close()

    def keep(self) -> None:
        self.store._db.backup(self._kept)
        self._own = self.account

    def put_back(self) -> None:
        self._kept.backup(self.store._db)
        self.account = self._own

    def copy(self, other: "Bank") -> None:
        """Become what another is now."""
        other.store._db.backup(self.store._db)
        self.account = other.account

    def advance(self, seconds: float) -> None:
        with self.store.transaction(write=True) as db:
            clock.advance(db, seconds)
            timers.run(db, clock.now(db))

    def ask(
        self, method: str, path: str, params: Mapping[str, Any], key: str | None, effect: str = ""
    ) -> tuple[int, Any, Mapping[str, str]]:
        """One request as the sandbox serves it: status, body, headers."""
        route, match = next(
            (route, match)
            for route, regex in _ROUTES
            if route.method == method and (match := regex.match(path))
        )
        request_id = new_id("req_", 14)
        fault = Fault(effect) if effect else None  # type: ignore[arg-type]
        try:
            typed = schema.check(route.params, forms.nest(flat(params)))
            identity = match.groupdict().get("id", "")
            asked = Asked(
                route=route,
                account=self.account,
                params=typed,
                id=identity,
                request_id=request_id,
                key=key,
                path=path,
                version=API_VERSION,
                base="http://localhost",
                fault=fault,
            )
            answered = execute(self.store, asked, {})
        except Refusal as error:
            answered = refusal(error, self.account, request_id)
        assert isinstance(answered, Answered)
        return answered.status, json.loads(answered.body), answered.headers | {"Request-Id": request_id}


Gate = Callable[[Callable[[], Any]], Any]
Strike = Callable[[str, str], str]


@dataclass
class Direct:
    """A writer on a bank. Each request passes through `gate`; `strike` names a fault for it, or nothing."""

    bank: Bank
    gate: Gate = field(default=lambda request: request())
    strike: Strike = field(default=lambda _method, _path: "")
    wire: list[str] = field(default_factory=list)

    def retrieve(self, resource: str) -> Mapping[str, Any]:
        return self._send("GET", resource, {})[0]

    def list(self, resource: str, params: Mapping[str, Any] = NOTHING) -> Iterator[Mapping[str, Any]]:
        cursor: dict[str, str] = {}
        while True:
            page = self._send("GET", resource, {"limit": 100, **params, **cursor})[0]
            yield from page["data"]
            if not page["has_more"]:
                return
            cursor = {"starting_after": page["data"][-1]["id"]}

    def perform(self, call: Call) -> Answer:
        body, headers = self._send("POST", path_of(call), call.params, call.key)
        return Answer(body, headers["Request-Id"], headers.get("Idempotent-Replayed") == "true")

    def wait(self, _seconds: float) -> bool:
        return True

    def _send(
        self, method: str, resource: str, params: Mapping[str, Any], key: str | None = None
    ) -> tuple[Any, Mapping[str, str]]:
        """A request, tried twice more on its key where the answer was lost or was Stripe's own failure."""
        for left in (2, 1, 0):
            self.wire.append(f"{method} /v1/{resource}")
            effect = self.strike(method, resource)
            if effect == "drop_before":
                status, body, headers = 0, {}, {}
            else:
                inner = effect if effect.startswith("500") else ""
                status, body, headers = self.gate(
                    lambda: self.bank.ask(method, f"/v1/{resource}", params, key, inner)  # noqa: B023
                )
                if effect == "drop_after":
                    status = 0
            replayed = headers.get("Idempotent-Replayed") == "true"
            if status == 200:
                return body, headers
            if not left or replayed or 400 <= status < 500:
                break
        error = body.get("error", {})
        raise StripeError(
            str(error.get("message", "lost")),
            status=status,
            code=str(error.get("code") or error.get("type") or ""),
            replayed=replayed,
        )


def world(reader: Reader, kinds: Sequence[Kind], config: Config) -> Snapshot:
    """What `observe` reads, one request after the other."""
    sections = {address.section for address in config.declared}
    wanted = [kind for kind in kinds if kind.is_owned or kind.section in sections]
    account = reader.retrieve("account")
    objects = {kind.resource: list(map(observer(kind), reader.list(kind.resource))) for kind in owned(wanted)}
    money = [kind for kind in wanted if not kind.is_owned]
    top_ups = [read_top_up(each) for kind in money for each in reader.list(kind.resource)]
    balance = reader.retrieve("balance")
    return Snapshot(account, balance, mended(reader, owned(wanted), objects, observer), top_ups)
