"""
The sandbox's control API, `/_sandbox/...`: JSON in, JSON out; with the sandbox's key, if it has one.

docs/sandbox.md documents it. Stripe's API has nothing like it.
"""

import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as Path

from provisioner.sandbox.api import acts, auth, timers
from provisioner.sandbox.api.faults import Fault
from provisioner.sandbox.http.sandbox import Sandbox
from provisioner.sandbox.rules.accounts import account, permissions
from provisioner.sandbox.rules.cards import bundle, design
from provisioner.sandbox.rules.common import unknowns
from provisioner.sandbox.rules.money import topup
from provisioner.sandbox.state import clock
from provisioner.sandbox.state.default_account import default_account
from provisioner.sandbox.state.errors import ApiError
from provisioner.sandbox.state.objects import Origin, Tx

Json = dict[str, Any]


@contextlib.contextmanager
def _own(sandbox: Sandbox) -> Iterator[Tx]:
    """Open a transaction for the sandbox's own data."""
    with sandbox.store.transaction(write=True) as db:
        yield Tx(db, "", int(clock.now(db)), Origin())


def begin(sandbox: Sandbox) -> None:
    """Initialize a new sandbox: its account, and the time that top-ups stay pending."""
    with _own(sandbox) as own:
        account.begin(own, sandbox.settings.country)
        first = Tx(own.db, default_account(own), own.now, Origin())
        design.begin(first, bundle.begin(own))
        own.remember(topup.SETTLE, sandbox.settings.topup_settle)


def reset(sandbox: Sandbox, _asked: Json) -> Json:
    """Delete everything."""
    sandbox.store.clear()
    sandbox.forget()
    begin(sandbox)
    return {}


def connect_accounts(sandbox: Sandbox, asked: Json) -> Json:
    """Create missing connected accounts: `{"ids": ["acct_...", ...], "country": "US"}`."""
    with _own(sandbox) as own:
        return {"made": account.connect(own, asked["ids"], asked.get("country"))}


def move_clock(sandbox: Sandbox, asked: Json) -> Json:
    """
    Move the clock forward: `{"advance": seconds}`; scheduled actions on the way run at their time.

    `{"stop": unix seconds}` stops the clock at a time; from then on, only `advance` moves it.
    """
    seconds = asked.get("advance", 0)
    if not isinstance(seconds, int | float) or seconds < 0:
        raise ValueError("advance must be a number of seconds, 0 or more")
    with sandbox.store.transaction(write=True) as db:
        if "stop" in asked:
            clock.stop(db, float(asked["stop"]))
        clock.advance(db, seconds)
        now = clock.now(db)
        timers.run(db, now)
    return {"now": now}


def choose_switches(sandbox: Sandbox, asked: Json) -> Json:
    """Set switches for undocumented behavior of Stripe, `{name: true|false, ...}`; returns all switches."""
    with _own(sandbox) as own:
        return dict(unknowns.choose(own, asked))


def restrict_key(sandbox: Sandbox, asked: Json) -> Json:
    """Restrict a key: `{"key": "rk_test_...", "permissions": {scope: "none"|"read"|"write"}}`."""
    with _own(sandbox) as own:
        return permissions.restrict(own, asked["key"], asked["permissions"])


def set_faults(sandbox: Sandbox, asked: Json) -> Json:
    """Replace all faults: `{"faults": [{...}], "seed": n}`; see `faults.Fault`."""
    sandbox.faults.replace([Fault(**fault) for fault in asked.get("faults", [])], asked.get("seed", 0))
    return {"faults": len(asked.get("faults", []))}


def faults_hit(sandbox: Sandbox, _asked: Json) -> Json:
    """Return the number of requests that were hit since the faults were set."""
    return {"hit": sandbox.faults.hit}


def settle_topups(sandbox: Sandbox, asked: Json) -> Json:
    """Set how long new top-ups stay pending: `{"seconds": n or null}` (null: for ever)."""
    with _own(sandbox) as own:
        own.remember(topup.SETTLE, asked["seconds"])
    return dict(asked)


def act(sandbox: Sandbox, asked: Json) -> Json:
    """Simulate an action of Stripe or a bank: `{"act": name, "id": object, "value": ...}`; see `api.acts`."""
    with _own(sandbox) as own:
        timers.run(own.db, clock.now(own.db))
        tx = Tx(own.db, asked.get("account", default_account(own)), own.now, Origin())
        return acts.ACTS[asked["act"]](tx, asked["id"], asked.get("value"))


READABLE = frozenset({"clock", "faults/hit", "switches"})  # available by GET, as they change nothing
CONTROLS: Mapping[str, Callable[[Sandbox, Json], Json]] = {
    "accounts": connect_accounts,
    "act": act,
    "clock": move_clock,
    "faults": set_faults,
    "faults/hit": faults_hit,
    "keys": restrict_key,
    "reset": reset,
    "switches": choose_switches,
    "topup_settle": settle_topups,
}


def paths(sandbox: Sandbox) -> list[Path]:
    """Return the routes of the control API."""
    return [
        Path(
            f"/_sandbox/{name}",
            _endpoint(sandbox, deed),
            methods=["GET", "POST"] if name in READABLE else ["POST"],
        )
        for name, deed in CONTROLS.items()
    ]


def _endpoint(
    sandbox: Sandbox, deed: Callable[[Sandbox, Json], Json]
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            if sandbox.settings.key:
                auth.key_of(request.headers.get("authorization", ""), sandbox.settings.key)
        except ApiError as refused:
            return JSONResponse({"error": refused.message}, refused.status)
        try:
            body = await request.body() if request.method == "POST" else b""
            asked = json.loads(body or b"{}")
            answer = deed(sandbox, asked)
            sandbox.postman.call()
            sandbox.cli.call()
            return JSONResponse(answer)
        except (json.JSONDecodeError, UnicodeDecodeError):
            why = "the body is not JSON"
        except KeyError as problem:
            why = f"{problem.args[0]!r} is missing or unknown"
        except ApiError as refused:
            why = refused.message
        except (TypeError, ValueError) as problem:
            why = str(problem)
        return JSONResponse({"error": why}, 400)

    return endpoint
