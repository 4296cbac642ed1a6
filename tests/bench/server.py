"""A stand-in for Stripe's API that costs next to no CPU: canned pages, enforced limits, latency.

It knows lists with cursors and `created` ranges, events, creations and updates; nothing is checked, as
that is the sandbox's part. `python -m tests.bench.server OBJECTS --latency 0.1 --rate 25` prints its
address; GET /bench answers what it has counted.
"""

import argparse
import asyncio
import json
import time
from bisect import bisect_left, bisect_right
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

PAGE = 10
ENDPOINTS = {"cardholders": "ich_9", "cards": "ic_9"}
ACCOUNT = b'{"id":"acct_1Bench","object":"account","country":"US","livemode":true}'
BALANCE = b'{"object":"balance","issuing":{"available":[{"amount":0,"currency":"usd"}]}}'


@dataclass(slots=True)
class Listed:
    """Objects of one kind, oldest first: their JSON, times and ids."""

    bodies: list[bytes] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def add(self, identity: str, created: int, body: bytes) -> None:
        self.places[identity] = len(self.bodies)
        self.bodies.append(body)
        self.times.append(created)

    def page(self, asked: dict[str, str]) -> bytes:
        """The page that is asked for, newest first."""
        low = bisect_left(self.times, int(asked.get("created[gte]", 0)))
        low = max(low, bisect_right(self.times, int(asked.get("created[gt]", -1))))
        high = bisect_left(self.times, int(asked.get("created[lt]", 1 << 40)))
        high = min(high, bisect_right(self.times, int(asked.get("created[lte]", 1 << 40))))
        limit = int(asked.get("limit", PAGE))
        if "ending_before" in asked:
            low = max(low, self.places[asked["ending_before"]] + 1)
            found = self.bodies[low : min(high, low + limit)]
        else:
            high = min(high, self.places[asked["starting_after"]]) if "starting_after" in asked else high
            found = self.bodies[max(low, high - limit) : high]
        more = b"true" if high - low > limit else b"false"
        return b'{"object":"list","data":[' + b",".join(reversed(found)) + b'],"has_more":' + more + b"}"


@dataclass(slots=True)
class Window:
    """So many requests in any second, counted as strictly as a limit can be: no bucket that fills up."""

    rate: float
    served: deque[float] = field(default_factory=deque)

    def full(self, now: float) -> bool:
        while self.served and self.served[0] <= now - 1:
            self.served.popleft()
        return len(self.served) >= self.rate


@dataclass(slots=True)
class Account:
    """All that the server holds and counts."""

    latency: float
    rate: float
    lists: dict[str, Listed] = field(
        default_factory=lambda: {name: Listed() for name in (*ENDPOINTS, "events")}
    )
    windows: dict[str, Window] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def answer(self, method: str, target: str, body: str) -> tuple[int, bytes]:
        path, _, query = target.partition("?")
        name = path.removeprefix("/v1/").removeprefix("issuing/")
        if path == "/bench":
            return 200, json.dumps(self.counts).encode()
        kind, _, identity = name.partition("/")
        endpoint = f"{method} {kind}{'/{id}' if identity else ''}"
        self.counts["requests"] += 1
        if self.rate and not self._let_in(endpoint):
            self.counts["429"] += 1
            return 429, b'{"error":{"type":"invalid_request_error","code":"rate_limit","message":"slow"}}'
        self.counts[endpoint] += 1
        if method == "POST":
            return 200, self._write(kind, identity, body)
        if kind in self.lists:
            found = self.lists[kind]
            return 200, found.bodies[found.places[identity]] if identity else found.page(
                dict(parse_qsl(query))
            )
        return (
            200,
            BALANCE
            if kind == "balance"
            else ACCOUNT
            if kind == "account"
            else b'{"data":[],"has_more":false}',
        )

    def _let_in(self, endpoint: str) -> bool:
        """Keep the limit of each endpoint, and that of the account: four times as many, as in live mode."""
        now = time.monotonic()
        limits = (
            self.windows.setdefault(endpoint, Window(self.rate)),
            self.windows.setdefault("", Window(self.rate * 4)),
        )
        if any(limit.full(now) for limit in limits):
            return False
        for limit in limits:
            limit.served.append(now)
        return True

    def _write(self, kind: str, identity: str, body: str) -> bytes:
        """Keep what is sent and answer with it, as answers are held to what was asked."""
        found = self.lists[kind]
        shown = json.loads(found.bodies[found.places[identity]]) if identity else {"metadata": {}}
        asked = nested(body)
        # metadata that is not named stays as it is
        asked["metadata"] = {**shown["metadata"], **asked.get("metadata", {})}
        shown |= {"id": identity or f"{ENDPOINTS[kind]}{len(found.bodies):06}", **asked}
        answer = json.dumps(shown).encode()
        if identity:
            found.bodies[found.places[identity]] = answer
        else:
            found.add(shown["id"], int(time.time()), answer)
        return answer


def nested(body: str) -> dict[str, Any]:
    """The values of a form whose names say where they belong: `spending_limits[0][amount]=100`."""
    tree: dict[str, Any] = {}
    for name, text in parse_qsl(body, keep_blank_values=True):
        *around, last = name.replace("]", "").split("[")
        inside = tree
        for each in around:
            inside = inside.setdefault(each, {})
        inside[last] = int(text) if last == "amount" else text
    return {name: listed(value) for name, value in tree.items()}


def listed(value: Any) -> Any:
    """The same value, with lists for mappings whose keys count from 0."""
    if not isinstance(value, dict):
        return value
    inside = {name: listed(each) for name, each in value.items()}
    return [*inside.values()] if "0" in inside else inside


async def serve(account: Account, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one connection's requests, one after the other."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            lines = head.decode("latin-1").split("\r\n")
            method, target, _ = lines[0].split(" ")
            sizes = [int(x.partition(":")[2]) for x in lines if x.lower().startswith("content-length:")]
            body = (await reader.readexactly(sizes[0])).decode() if sizes else ""
            begun = time.monotonic()
            status, answer = account.answer(method, target, body)
            account.counts["bytes"] += len(answer)
            if account.latency and target != "/bench":
                await asyncio.sleep(account.latency - (time.monotonic() - begun))
            writer.write(
                b"HTTP/1.1 %d X\r\nrequest-id: req_1\r\ncontent-length: %d\r\n\r\n" % (status, len(answer))
            )
            writer.write(answer)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def load(account: Account, path: Path) -> None:
    """Take in a file of objects, a line each, newest first of each kind."""
    with path.open("rb") as file:
        lines = file.readlines()
    for line in reversed(lines):
        shown = json.loads(line)
        kind = {"issuing.cardholder": "cardholders", "issuing.card": "cards", "event": "events"}[
            shown["object"]
        ]
        account.lists[kind].add(shown["id"], shown["created"], line.strip())


async def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("objects", nargs="*", type=Path)
    asked.add_argument("--latency", type=float, default=0.0)
    asked.add_argument("--rate", type=float, default=0.0)
    given = asked.parse_args()
    account = Account(given.latency, given.rate)
    for path in given.objects:
        load(account, path)
    server = await asyncio.start_server(lambda r, w: serve(account, r, w), "127.0.0.1", 0, limit=1 << 20)
    print("http://127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)  # noqa: T201, UP031
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
