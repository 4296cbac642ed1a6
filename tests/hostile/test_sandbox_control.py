"""Web pages that reach for a sandbox on their reader's machine, and webhooks that would leave the machine."""

import json
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import stripe
from sandbox.conftest import Api
from support.loopback import Quiet, serving

from provisioner.sandbox.http import webhooks
from provisioner.sandbox.http.control import CONTROLS, READABLE
from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings

ELSEWHERE = "192.0.2.1"  # an address that is nobody's (RFC 5737)
REQUEST = "issuing_authorization.request"


@pytest.fixture
def api() -> Iterator[Api]:
    with running(Settings(rate_limit=False)) as base:
        yield Api(base)


def ask(api: Api, method: str, path: str, **headers: str) -> int:
    """The status of a request with these headers, `Host` among them."""
    host, _, port = api.base.removeprefix("http://").partition(":")
    lines = {"Host": f"{host}:{port}", "Authorization": f"Bearer {api.key}", "Content-Length": "0", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(f"{method} {path} HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode())
        return int(connection.makefile("rb").readline().split()[1])


@pytest.mark.parametrize("name", sorted(CONTROLS.keys() - READABLE))
def test_what_changes_a_sandbox_is_done_by_post_only(api: Api, name: str) -> None:
    api.fund(100)

    assert ask(api, "GET", f"/_sandbox/{name}") == 404
    assert api.issuing() == 100


def test_what_is_read_by_get_changes_nothing(api: Api) -> None:
    for name in READABLE:
        assert ask(api, "GET", f"/_sandbox/{name}") == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1", "http://localhost"]
)
@pytest.mark.parametrize("path", ["/_sandbox/reset", "/v1/account", "/v1/issuing/cardholders"])
def test_a_page_of_another_origin_is_refused(api: Api, origin: str, path: str) -> None:
    api.fund(100)

    assert ask(api, "POST", path, Origin=origin) == 403
    assert api.issuing() == 100


STRANGERS = [
    "evil.example",
    "evil.example:12111",
    "127.0.0.1.evil.example",
    "127.0.0.1@evil.example",
    "evil.example:80\\@127.0.0.1",
    "localhost.evil.example",
    "10.0.0.1",
    "[::ffff:10.0.0.1]:80",
    "127.0.0.1/x",
    " ",
]


@pytest.mark.parametrize("host", STRANGERS)
@pytest.mark.parametrize("path", ["/_sandbox/clock", "/v1/account", "/nowhere"])
def test_a_name_that_was_rebound_to_this_machine_is_refused(api: Api, host: str, path: str) -> None:
    assert ask(api, "GET", path, Host=host) in {400, 403}


@pytest.mark.parametrize(
    "name", ["localhost", "127.0.0.1", "127.0.0.2", "[::1]", "LOCALHOST", "me.localhost"]
)
def test_this_machine_may_be_called_by_any_of_its_names(api: Api, name: str) -> None:
    port = api.base.rpartition(":")[2]

    assert ask(api, "GET", "/v1/account", Host=f"{name}:{port}") == 200
    assert ask(api, "POST", "/_sandbox/clock", Host=f"{name}:{port}", Origin=f"http://{name}:{port}") == 200


def test_stripes_sdk_is_let_in(api: Api) -> None:
    for base in (api.base, api.base.replace("127.0.0.1", "localhost")):
        client = stripe.StripeClient(api.key, base_addresses={"api": base})
        assert client.v1.accounts.retrieve_current().id.startswith("acct_")


def decided_by(api: Api, url: str) -> dict[str, Any]:
    """Let a webhook at `url` decide a purchase, and return what came of it."""
    api.fund(10_000)
    card = api.card(cardholder=api.cardholder(phone_number="+14155552671")["id"])
    api.ok("/v1/webhook_endpoints", {"url": url, "enabled_events": [REQUEST]})
    return api.purchase(card, 100)["request_history"][-1]


@pytest.mark.parametrize(
    "url", [f"http://{ELSEWHERE}/", f"https://{ELSEWHERE}:8443/x", "http://[2001:db8::1]/"]
)
def test_a_webhook_on_another_machine_is_not_called(api: Api, url: str) -> None:
    decided = decided_by(api, url)

    assert (decided["approved"], decided["reason"]) == (False, "webhook_error")


def test_a_name_is_judged_by_what_it_resolves_to(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def resolved(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ELSEWHERE, port))]

    network = SimpleNamespace(getaddrinfo=resolved, SOCK_STREAM=socket.SOCK_STREAM)
    monkeypatch.setattr(webhooks, "socket", network)
    # the second is this machine for one parser of addresses, and a stranger for another
    for url in ("http://hooks.example/", "http://127.0.0.1:80\\@hooks.example/"):
        assert decided_by(api, url)["reason"] == "webhook_error"

    assert asked == ["hooks.example", "hooks.example"]


class Receiver(Quiet):
    """Answers a purchase with yes; `/away` sends whoever asks on to `/approve`."""

    def do_POST(self) -> None:  # noqa: N802 - http.server's name
        self.sent()
        if self.path == "/away":
            self.reply(302, b"", Location="/approve")
        else:
            self.do_GET()

    def do_GET(self) -> None:  # noqa: N802
        self.reply(200, json.dumps({"approved": True}).encode(), **{"Stripe-Version": "2026-10-28.endive"})


@pytest.mark.parametrize(("path", "reason"), [("/approve", "webhook_approved"), ("/away", "webhook_error")])
def test_a_redirect_of_a_webhook_is_not_followed(api: Api, path: str, reason: str) -> None:
    with serving(Receiver) as there:
        assert decided_by(api, there + path)["reason"] == reason


def test_a_webhook_goes_through_no_proxy(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Receiver) as there, socket.create_server(("127.0.0.1", 0)) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.delenv("no_proxy", raising=False)

        assert decided_by(api, f"{there}/approve")["reason"] == "webhook_approved"


def test_other_machines_are_called_where_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[Any] = []

    def connect(address: Any, _patience: float) -> None:
        called.append(address)
        raise ConnectionRefusedError

    network = SimpleNamespace(**{**vars(socket), "create_connection": connect})
    monkeypatch.setattr(webhooks, "socket", network)
    with running(Settings(rate_limit=False, webhooks_anywhere=True)) as base:
        decided_by(Api(base), f"http://{ELSEWHERE}:8080/")

    assert called == [(ELSEWHERE, 8080)]
