"""Addresses that two parsers would read differently, and those that hold a password."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from e2e.conftest import BARE_CARD, COMPANY, Desk

from provisioner.net.address import AddressError, parse_address, parse_origin

ROOT = Path(__file__).parents[2]
PASSWORD = "pa55word-canary"


class Elsewhere:
    """A server on an address that is not one of this machine's usual names; `heard` is what it was sent."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.host = "{}:{}".format(*listener.getsockname())
        self.heard: list[bytes] = []

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection:
                    self.heard.append(connection.recv(65536))
                    connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}")


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    try:
        listener = socket.create_server(("127.0.0.2", 0))
    except OSError:
        pytest.skip("this machine has no 127.0.0.2")
    with listener:
        server = Elsewhere(listener)
        thread = threading.Thread(target=server.serve)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


ODD = [
    "http://{there}\\@127.0.0.1",
    "http://{there}\\@127.0.0.1:{port}/",
    "http://{there}#@127.0.0.1",
    "http://{there}?@127.0.0.1/",
    "http://{there}/@127.0.0.1",
    "http://127.0.0.1@{there}",
    "http://127.0.0.1\t@{there}",
    "http://127.0.0.1\n.{there}",
    " http://{there}",
    "http:/\\{there}",
]


@pytest.mark.parametrize("command", ["plan", "apply", "drift", "doctor", "export"])
def test_no_key_goes_where_two_parsers_disagree(desk: Desk, elsewhere, monkeypatch, command):
    desk.write(COMPANY + BARE_CARD)
    for form in ODD:
        base = form.format(there=elsewhere.host, port=elsewhere.host.rpartition(":")[2])
        monkeypatch.setenv("STRIPE_API_BASE", base)
        said = desk.run(command, *(["--auto-approve"] if command == "apply" else []), code=7).output
        assert "STRIPE_API_BASE" in said, form
        assert elsewhere.host not in said

    assert elsewhere.heard == []


@pytest.mark.parametrize("command", ["plan", "fleet plan", "doctor"])
@pytest.mark.parametrize(
    "base", ["http://user:{}@127.0.0.1:9", "https://{}@host.example", "http://127.0.0.1:9/{}", "{}"]
)
def test_nothing_of_an_address_that_is_refused_is_shown(desk: Desk, monkeypatch, command, base):
    desk.write(COMPANY + BARE_CARD)
    monkeypatch.setenv("STRIPE_API_BASE", base.format(PASSWORD))
    path = [str(ROOT / "examples" / "fleet")] if command == "fleet plan" else []

    said = desk.run(*command.split(), *path, code=7).output

    assert "STRIPE_API_BASE" in said
    assert PASSWORD not in said


def test_an_address_of_stripe_is_stripe_s_however_it_is_written(desk: Desk, monkeypatch):
    """So a live key is not refused, and nobody is asked to trust Stripe; the proxy hears where it goes."""
    desk.write("mode: live\n" + COMPANY + BARE_CARD)
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_canary")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    for base in ("https://api.stripe.com", "https://API.stripe.com:443/", "HTTPS://api.stripe.com/"):
        monkeypatch.setenv("STRIPE_API_BASE", base)
        said = desk.run("doctor", code=1).output
        assert "cannot connect to Stripe: cannot connect to the proxy: connection refused by" in said


@pytest.mark.parametrize("form", ODD[:6])
def test_a_webhook_is_where_its_address_is_judged_to_be(desk: Desk, elsewhere, form):
    desk.write(COMPANY + BARE_CARD)
    target = form.format(there=elsewhere.host, port=1) + f"/{PASSWORD}"

    said = desk.run("apply", "--auto-approve", "--notify", target).output

    odd = "\\" in form or "@1" not in form
    assert ("is not a valid address" in said) is odd
    assert bool(elsewhere.heard) is not odd
    assert PASSWORD not in said
    assert "127.0.0.1" not in said.replace(elsewhere.host, "")


@pytest.mark.parametrize("form", ["http://{there}\\@127.0.0.1/api/v4", "http://127.0.0.1@{there}/api/v4"])
def test_no_token_of_gitlab_or_github_goes_where_two_parsers_disagree(elsewhere, form):
    api = form.format(there=elsewhere.host)
    script = (
        "import sys\n"
        f"sys.path.insert(0, {str(ROOT / 'action')!r})\n"
        "from github import GitHub, GitHubError\n"
        "from provisioner.ci.gitlab_api import GitLab, GitLabError\n"
        "for one, refused in ((GitLab, GitLabError), (GitHub, GitHubError)):\n"
        "    try:\n"
        f"        list(one({api!r}, '42', {PASSWORD!r}).pages('issues'))\n"
        "    except refused as error:\n"
        "        print(error)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=dict(os.environ)
    ).stdout

    assert len(said.splitlines()) == 2
    assert elsewhere.host not in said
    assert elsewhere.heard == []


def test_an_artifact_is_asked_for_with_the_token_at_github_alone(elsewhere, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "action"))
    from github import GitHub, GitHubError  # noqa: PLC0415 - a script of the action's

    github = GitHub("https://api.github.example", "acme/cards", PASSWORD)
    with pytest.raises(GitHubError, match="not at GitHub's API"):
        github.file_in_artifact("https://elsewhere.example/zip", "plan.json")
    with pytest.raises(GitHubError, match="https://"):
        github.file_in_artifact(f"http://{elsewhere.host}/zip", "plan.json")

    assert elsewhere.heard == []


@pytest.mark.parametrize("proxy", ["http://team:{0}@{1}\\@127.0.0.1:1", "socks5://team:{0}@{1}"])
def test_a_proxy_that_two_parsers_read_differently_is_not_used(desk: Desk, elsewhere, monkeypatch, proxy):
    desk.write(COMPANY + BARE_CARD)
    monkeypatch.setenv("STRIPE_API_BASE", "https://stripe.example")
    monkeypatch.setenv("HTTPS_PROXY", proxy.format(PASSWORD, elsewhere.host))

    said = desk.run("plan", "--allow-api-base", code=7).output

    assert "the proxy (HTTPS_PROXY" in said
    assert PASSWORD not in said
    assert elsewhere.heard == []


@pytest.mark.parametrize(
    ("text", "origin", "loopback"),
    [
        ("http://127.0.0.1", "http://127.0.0.1", True),
        ("http://LOCALHOST:80/", "http://localhost", True),
        ("https://[::1]:12111", "https://[::1]:12111", True),
        ("https://api.stripe.com:443", "https://api.stripe.com", False),
        ("http://127.0.0.1.evil.example", "http://127.0.0.1.evil.example", False),
        ("http://2130706433", "http://2130706433", False),
        ("http://0x7f.1:1", "http://0x7f.1:1", False),
    ],
)
def test_an_address_is_its_parts(text, origin, loopback):
    address = parse_origin(text)
    assert (address.origin, address.is_loopback) == (origin, loopback)
    assert parse_origin(address.origin) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "api.stripe.com",
        "//api.stripe.com",
        "ftp://127.0.0.1",
        "http://",
        "http://:80",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:port",
        "http://[::1",
        "http://127.0.0.1%2eevil.example",
        "http://ünlaut.example",
        "http://127.0.0.1/path",
        "http://127.0.0.1?",
        "http://127.0.0.1#x",
        "http://@127.0.0.1",
        "http://user@127.0.0.1",
        "http://127.0.0.1 ",
        "http://127.0.0.1\r\nx",
    ],
)
def test_an_odd_address_is_refused_and_not_repeated(text):
    with pytest.raises(AddressError) as refused:
        parse_origin(text)

    assert not text or text not in str(refused.value)


def test_the_path_of_a_webhook_is_sent_as_it_is_and_its_fragment_is_not():
    assert parse_address("https://hooks.example/T0/B0?x=1#y").path == "/T0/B0?x=1"
