"""
Connections of Stripe's command-line client: events for `stripe listen`, requests for `stripe logs tail`.

The messages are those of github.com/stripe/stripe-cli, pkg/websocket. Events are sent in the account's
default version and, for `--latest`, in the newest one; in the sandbox these are the same.
"""

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from provisioner.sandbox.api.asked import ApiAnswer
from provisioner.sandbox.http.webhooks import signed_headers
from provisioner.sandbox.rules.common.changes import API_VERSION, EVENT
from provisioner.sandbox.rules.events.cli_session import CLI_SESSION, REQUEST_LOGS, WEBHOOKS
from provisioner.sandbox.state import clock
from provisioner.sandbox.state.default_account import default_account
from provisioner.sandbox.state.objects import Origin, Tx, dump
from provisioner.sandbox.state.store import Store

Json = dict[str, Any]

_PROTOCOL = "stripecli-devproxy-v1"
_TICK = 1.0
_FAILED = 400


@dataclass(eq=False)
class _Line:
    """One client, which renews its connection from time to time."""

    session: Json
    """The session that it belongs to."""
    everywhere: bool
    """True if it receives messages about all accounts, as a platform does."""
    seen: int
    """The number of the last event's row in the database."""
    messages: asyncio.Queue[Json] = field(default_factory=asyncio.Queue)
    """Messages to send."""

    def hears(self, feature: str, account: str) -> bool:
        """Return whether the session wants messages of a feature, about an account."""
        return feature in self.session["features"] and (self.everywhere or self.session["account"] == account)


class CliConnections:
    """The open connections."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lines: set[_Line] = set()
        self._known: dict[str, _Line] = {}
        self._questions: dict[str, asyncio.Future[tuple[int, dict[str, str], bytes]]] = {}

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one connection until it ends; the client asks for a new session if its own is unknown."""
        line = self._line(websocket.headers.get("websocket-id", ""))
        if line is None:
            unknown = JSONResponse({"error": {"message": "Unknown WebSocket ID."}}, 400)
            await websocket.send_denial_response(unknown)
            return
        offered = websocket.scope.get("subprotocols", [])
        await websocket.accept(_PROTOCOL if _PROTOCOL in offered else None)
        self._lines.add(line)
        sending = asyncio.create_task(self._send(line, websocket))
        try:
            async for text in websocket.iter_text():
                with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
                    told = json.loads(text)
                    if told["type"] == "webhook_response":
                        question = self._questions.get(told["webhook_conversation_id"].removeprefix("wc_"))
                        headers = {name.lower(): value for name, value in told["http_headers"].items()}
                        if question is not None and not question.done():
                            question.set_result((told["status"], headers, told["body"].encode()))
        finally:
            self._lines.discard(line)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    def call(self) -> None:
        """Send new events now."""
        for line in self._lines:
            self._tell(line)

    def forget(self) -> None:
        """Start at the first event again, because the database is empty."""
        for line in self._known.values():
            line.seen = 0

    def forwards(self, account: str) -> bool:
        """Return True if a client forwards the account's events to a server."""
        return any(line.session["forwards"] and line.hears(WEBHOOKS, account) for line in self._lines)

    async def ask(self, event_id: str, patience: float) -> tuple[int, dict[str, str], bytes]:
        """
        Return the status, headers (lower case), and body of the first response to an event.

        Raises TimeoutError if there is none within `patience` seconds.
        """
        answer = asyncio.get_running_loop().create_future()
        self._questions[event_id] = answer
        self.call()
        try:
            return await asyncio.wait_for(answer, patience)
        finally:
            del self._questions[event_id]

    def resend(self, account: str, event_id: str) -> bool:
        """Send an event again; returns False if nobody listens."""
        lines = [line for line in self._lines if line.hears(WEBHOOKS, account)]
        for line in lines:
            self._queue(line, [(account, event_id)])
        return bool(lines)

    def log(self, account: str, request: Request, answer: ApiAnswer) -> None:
        """Queue a log entry about a request and its response."""
        lines = [line for line in self._lines if line.hears(REQUEST_LOGS, account)]
        if not (account and lines):
            return
        error = json.loads(answer.body)["error"] if answer.status >= _FAILED else {}
        entry: Json = {
            "created_at": int(time.time()),
            "error": {name: error.get(name, "") for name in ("code", "message", "param", "type")},
            "livemode": False,
            "method": request.method,
            "request_id": answer.headers["Request-Id"],
            "status": answer.status,
            "url": request.url.path,
        }
        message = {
            "type": "request_log_event",
            "event_payload": dump(entry),
            "request_log_id": "resp" + entry["request_id"][3:],
        }
        for line in lines:
            filters = line.session["filters"]
            status = entry["status"]
            values = {
                "filter_http_method": entry["method"],
                "filter_request_path": entry["url"],
                "filter_request_status": "FAILED" if status >= _FAILED else "SUCCEEDED",
                "filter_source": "API",
                "filter_status_code": str(status),
                "filter_status_code_type": f"{status // 100}00",  # written 4XX, as the client sends it
            }
            if all(
                value.upper() in [allowed.upper() for allowed in filters[name]]
                for name, value in values.items()
                if filters.get(name)
            ):
                line.messages.put_nowait(message)

    def _line(self, session_id: str) -> _Line | None:
        if session_id in self._known:
            return self._known[session_id]
        with self._store.transaction(write=False) as db:
            own = Tx(db, "", int(clock.now(db)), Origin())
            session = own.get(CLI_SESSION, session_id)
            if session is None:
                return None
            newest = db.execute("SELECT max(seq) FROM objects WHERE kind='event'").fetchone()[0] or 0
            everywhere = session["account"] == default_account(own)
        self._known[session_id] = _Line(session, everywhere, newest)
        return self._known[session_id]

    async def _send(self, line: _Line, websocket: WebSocket) -> None:
        """
        Send messages. Scheduled actions create events without calling `call`, so it also checks by
        itself.
        """
        while True:
            with contextlib.suppress(TimeoutError):
                message = await asyncio.wait_for(line.messages.get(), _TICK)
                await websocket.send_text(dump(message))
                continue
            self._tell(line)

    def _tell(self, line: _Line) -> None:
        """Queue the events that were recorded since the last queued one."""
        if WEBHOOKS not in line.session["features"]:
            return
        with self._store.transaction(write=False) as db:
            rows = db.execute(
                "SELECT seq, account, id FROM objects WHERE seq > ? AND kind='event' ORDER BY seq",
                (line.seen,),
            ).fetchall()
        if rows:
            line.seen = rows[-1][0]
            self._queue(line, [row[1:] for row in rows if line.hears(WEBHOOKS, row[1])])

    def _queue(self, line: _Line, events: list[tuple[str, str]]) -> None:
        with self._store.transaction(write=False) as db:
            bodies = {one: dump(EVENT.shown(Tx(db, account, 0, Origin()), one)) for account, one in events}
        for event_id, body in bodies.items():
            for version in (None, API_VERSION):
                message = {
                    "type": "webhook_event",
                    "endpoint": {"api_version": version},
                    "event_payload": body,
                    "http_headers": signed_headers(line.session["secret"], body),
                    "webhook_conversation_id": f"wc_{event_id}",
                    "webhook_id": f"wh_{event_id}",
                }
                line.messages.put_nowait(message)
