"""A sandbox that other machines may use, for example in a container."""

import json
import urllib.error
import urllib.request
from dataclasses import replace

import click.testing
import pytest

from provisioner.cli.main import main
from provisioner.sandbox.settings import Settings

from .conftest import Api

KEY = "sk_test_shared"


def status(api: Api, path: str, **headers: str) -> int:
    request = urllib.request.Request(api.base + path, b"{}" if "_sandbox" in path else None)  # noqa: S310
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code


@pytest.mark.parametrize("path", ["/v1/balance", "/_sandbox/clock"])
def test_only_the_key_opens_it(start, path) -> None:
    api = start(key=KEY)
    assert status(api, path, Authorization=f"Bearer {KEY}") == 200
    for other in ({}, {"Authorization": "Bearer sk_test_other"}, {"Authorization": "Bearer rk_test_shared"}):
        assert status(api, path, **other) == 401
    refused = replace(api, key="sk_test_other").get("/v1/balance").error
    assert refused["message"] == "Invalid API Key provided: sk_test_*ther"


def test_it_is_reached_by_any_name_but_not_from_other_pages(start) -> None:
    api = start(host="0.0.0.0", key=KEY)  # noqa: S104 - the point
    api = replace(api, base=api.base.replace("0.0.0.0", "127.0.0.1"), key=KEY)  # noqa: S104
    named = {"Host": "sandbox:12111", "Authorization": f"Bearer {KEY}"}
    assert status(api, "/v1/balance", **named) == 200
    assert status(api, "/v1/balance", **named, Origin="http://evil.example") == 403
    assert status(start(), "/v1/balance", **named) == 403
    session = api.with_headers(Host="sandbox:12111").ok("/v1/stripecli/sessions")
    assert session["websocket_url"].startswith("ws://sandbox:12111/")


def test_it_listens_on_ipv6(start) -> None:
    api = start(host="::1")
    assert api.base.startswith("http://[::1]:")
    assert api.read("/v1/balance")["object"] == "balance"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--host", "here"], "'here' is not an IP address such as 127.0.0.1 or 0.0.0.0"),
        (["--host", "192.0.2.1"], "192.0.2.1 is not an address of this machine"),
        (["--key", "sk_live_1"], "a key of the sandbox begins with sk_test_ or rk_test_"),
    ],
)
def test_where_it_cannot_be_served(words, says) -> None:
    result = click.testing.CliRunner().invoke(main, ["sandbox", "serve", *words])
    assert result.exit_code != 0
    assert says in result.output


@pytest.mark.parametrize(("words", "warned"), [([], True), (["--key", KEY], False)])
def test_a_sandbox_that_is_open_to_everyone_says_so(monkeypatch, words, warned) -> None:
    served: list[Settings] = []
    monkeypatch.setattr("provisioner.sandbox.server.serve", lambda settings, _ready: served.append(settings))
    result = click.testing.CliRunner().invoke(main, ["sandbox", "serve", "--host", "0.0.0.0", *words])  # noqa: S104
    assert (served[0].host, served[0].key) == ("0.0.0.0", KEY if words else "")  # noqa: S104
    assert ("everyone who can reach 0.0.0.0 can read and change everything" in result.output) == warned
    assert json.dumps(KEY) not in result.output
