"""
Sends events to webhook endpoints (docs.stripe.com/webhooks).

Pending deliveries are stored in the database, so they survive a restart. A failed delivery is retried by the
sandbox's clock. Events may arrive more than once or out of order, as Stripe's do.
"""

import asyncio
import contextlib
import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from provisioner.sandbox.api import timers
from provisioner.sandbox.rules.common import versions
from provisioner.sandbox.rules.common.changes import EVENT
from provisioner.sandbox.rules.events.webhook_endpoint import WEBHOOK_ENDPOINT
from provisioner.sandbox.state import clock
from provisioner.sandbox.state.objects import Origin, Tx, dump
from provisioner.sandbox.state.store import Store

Headers = dict[str, str]

# Stripe retries three times over a few hours in a sandbox (docs.stripe.com/webhooks#retries).
_WAITS = (60.0, 3600.0, 4 * 3600.0)
_AT_ONCE = 20
_PATIENCE = 10.0
_TICK = 1.0
_LARGEST = 1_000_000  # bytes of a response


@dataclass(frozen=True)
class _Delivery:
    seq: int
    """The number of the delivery."""
    attempt: int
    """The number of the attempt, from 0."""
    url: str
    """The address of the endpoint."""
    secret: str
    """The signing secret of the endpoint."""
    body: str
    """The event as JSON."""


class Postman:
    """Sends pending deliveries while the sandbox runs, and runs scheduled actions between requests."""

    def __init__(self, store: Store, *, anywhere: bool = False) -> None:
        self._store = store
        self.post = partial(post, anywhere=anywhere)
        self._called = asyncio.Event()

    def call(self) -> None:
        """Look for pending deliveries now."""
        self._called.set()

    async def run(self) -> None:
        """Send deliveries until canceled."""
        while True:
            ready = self._ready()
            self._called.clear()
            results = await asyncio.gather(*(self._aside(one) for one in ready))
            self._settle(list(zip(ready, results, strict=True)))
            if len(ready) < _AT_ONCE:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._called.wait(), _TICK)

    async def _aside(self, one: _Delivery) -> bool:
        """Send in a thread that does not delay the end of the sandbox; an unsent delivery stays pending."""
        loop = asyncio.get_running_loop()
        arrived: asyncio.Future[bool] = loop.create_future()

        def tell(result: bool) -> None:
            if not arrived.done():
                arrived.set_result(result)

        def work() -> None:
            try:
                status, _headers, _body = self.post(one.url, one.secret, one.body, _PATIENCE)
            except OSError:
                status = 0
            result = 200 <= status < 300  # noqa: PLR2004  success, as HTTP defines it
            with contextlib.suppress(RuntimeError):  # the event loop has ended
                loop.call_soon_threadsafe(tell, result)

        threading.Thread(target=work, name="webhook", daemon=True).start()
        return await arrived

    def _ready(self) -> list[_Delivery]:
        with self._store.transaction(write=False) as db:
            now = clock.now(db)
            late = timers.waiting(db, now)
        if late:
            with self._store.transaction(write=True) as db:
                timers.run(db, now)
        with self._store.transaction(write=False) as db:
            rows = db.execute(
                "SELECT seq, account, event, owner, endpoint, attempt FROM deliveries "
                "WHERE at <= ? ORDER BY at, seq LIMIT ?",
                (now, _AT_ONCE),
            ).fetchall()
            ready = []
            for seq, account, event, owner, endpoint, attempt in rows:
                there, where = (Tx(db, name, int(now), Origin()) for name in (account, owner))
                target = where.fetch(WEBHOOK_ENDPOINT, endpoint)
                told = EVENT.shown(there, event)
                if target["api_version"]:
                    told = versions.event_as_of(told, target["api_version"])
                ready.append(_Delivery(seq, attempt, target["url"], target["_secret"], dump(told)))
            return ready

    def _settle(self, sent: list[tuple[_Delivery, bool]]) -> None:
        if not sent:
            return
        with self._store.transaction(write=True) as db:
            now = clock.now(db)
            for one, arrived in sent:
                if arrived:
                    db.execute("DELETE FROM deliveries WHERE seq=?", (one.seq,))
                    continue
                again = now + _WAITS[one.attempt] if one.attempt < len(_WAITS) else None
                db.execute(
                    "UPDATE deliveries SET at=?, attempt=? WHERE seq=?", (again, one.attempt + 1, one.seq)
                )


def signature(secret: str, body: str, at: int) -> str:
    """Return the `Stripe-Signature` of a body: HMAC-SHA256 with the secret (docs.stripe.com/webhooks)."""
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def signed_headers(secret: str, body: str) -> Headers:
    """Return a body's headers; the signature has the real time, as receivers compare it with their clock."""
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": signature(secret, body, int(time.time())),
    }


def post(url: str, secret: str, body: str, patience: float, *, anywhere: bool) -> tuple[int, Headers, bytes]:
    """
    Send a signed body and return the status, headers (lower case), and body of the response.

    It is sent only to this machine unless `anywhere` is set, never through a proxy, and redirects are not
    followed. Raises OSError if there is no response within `patience` seconds.
    """
    headers = signed_headers(secret, body)
    try:
        with contextlib.closing(_connection(url, patience, anywhere=anywhere)) as connection:
            parts = urlsplit(url)
            path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
            connection.request("POST", path, body.encode(), headers)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status, told, answer.read(_LARGEST)
    except (http.client.HTTPException, ValueError) as broken:
        raise OSError(f"{url} is not a valid address, or its response is not HTTP") from broken


def _connection(url: str, patience: float, *, anywhere: bool) -> http.client.HTTPConnection:
    """Return a connection to the host of a URL; its name is resolved once, so the checked address is used."""
    parts = urlsplit(url)
    secure, host = parts.scheme == "https", parts.hostname or ""
    port = parts.port or (443 if secure else 80)
    found = [str(to[0]) for *_, to in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    refused = OSError(f"{host} is not this machine")
    for address in found:
        if not (anywhere or ipaddress.ip_address(address).is_loopback):
            continue
        try:
            connected = socket.create_connection((address, port), patience)
        except OSError as error:
            refused = error
            continue
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(host, port, timeout=patience)
        context = ssl.create_default_context() if secure else None
        connection.sock = context.wrap_socket(connected, server_hostname=host) if context else connected
        return connection
    raise refused
