"""Without a connection to Stripe, a command names the cause and what to check, and never shows the key."""

import socket
import ssl
from collections.abc import Iterator

import pytest
import trustme
from chaos.hostile import answer, hostile
from e2e.conftest import BARE_CARD, COMPANY, KEY, Desk
from support.loopback import Quiet, serving

from provisioner.core.model.errors import StripeError
from provisioner.core.schema.kind import owned
from provisioner.kinds import KINDS
from provisioner.net import address, route
from provisioner.stripe_api import retry_loop
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.rate_limit import Limits

PASSWORD = "canaryPassword"
ACCOUNT = answer('{"id": "acct_1", "object": "account", "country": "US"}')
AT_ONCE = 1 + len(owned(KINDS))  # requests that a plan begins with: the account and the list of each kind
PROXY_ADVICE = "Check HTTPS_PROXY, HTTP_PROXY, or ALL_PROXY; hosts in NO_PROXY are called directly"


class Machine:
    """A desk without a Stripe; `tried` holds host and port of every connection that was tried."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.desk, self._patch = desk, monkeypatch
        self.tried: list[tuple[str, int]] = []
        connect = socket.getaddrinfo

        def noted(host: str, port: int, *rest: object) -> object:
            self.tried.append((host, port))
            return connect(host, port, *rest)

        monkeypatch.setattr(socket, "getaddrinfo", noted)

    def says(self, base: str, *, code: int = 1, **environ: str) -> str:
        """Return the error of `plan` for an address of Stripe's API and variables of the environment."""
        for name, value in {"STRIPE_API_BASE": base, **environ}.items():
            self._patch.setenv(name, value)
        said = self.desk.run("plan", "--allow-api-base", code=code).output
        assert KEY not in said
        assert PASSWORD not in said
        return said[said.index("Error: ") :]


@pytest.fixture
def machine(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Machine:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", *map(str.lower, route.BUNDLES)):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(retry_loop, "_backoff", lambda _state: 0.0)
    desk.write(COMPANY + BARE_CARD)
    return Machine(desk, monkeypatch)


@pytest.fixture
def closed() -> Iterator[int]:
    """A port that nobody listens on: it is taken, so that nobody else can begin to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def impatient(monkeypatch: pytest.MonkeyPatch, connect: float, read: float) -> None:
    monkeypatch.setitem(Transport.__init__.__kwdefaults__, "timeouts", (connect, read))
    monkeypatch.setattr(retry_loop, "ATTEMPTS", 2)


def test_a_refused_port_is_named_and_not_tried_again(machine, closed):
    said = machine.says(f"http://127.0.0.1:{closed}")

    assert said == (
        f"Error: cannot connect to Stripe at http://127.0.0.1:{closed}: connection refused by "
        f"127.0.0.1:{closed}. Check that a server listens on this port and that no firewall blocks it.\n"
    )
    assert 1 <= len(machine.tried) <= AT_ONCE


def test_an_unknown_host_is_named_and_not_looked_up_again(machine):
    said = machine.says("https://nowhere.invalid")

    assert said == (
        "Error: cannot connect to Stripe at https://nowhere.invalid: the host name nowhere.invalid cannot be "
        "resolved. Check its spelling, the network, and DNS.\n"
    )
    assert 1 <= machine.tried.count(("nowhere.invalid", 443)) <= AT_ONCE


def test_a_connection_that_does_not_come_about_names_the_seconds(machine, monkeypatch):
    """A listener whose queue is full answers no further connection."""
    impatient(monkeypatch, connect=0.2, read=5.0)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        place = "{}:{}".format(*full.getsockname())
        with socket.create_connection(full.getsockname()):
            said = machine.says(f"http://{place}")

    assert f"no connection to {place} within 0.2 s. Check the network and the firewall; if a proxy" in said
    assert 1 <= len(machine.tried) <= AT_ONCE + 1


def test_a_server_that_never_answers_names_the_seconds_and_the_attempts(machine, monkeypatch):
    impatient(monkeypatch, connect=5.0, read=0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = "{}:{}".format(*silent.getsockname())
        said = machine.says(f"http://{place}")

    assert said == (
        f"Error: no response from {place} within 0.2 s (2 attempts). "
        "Check the server and the network, and run the command again.\n"
    )


def test_a_server_that_hangs_up_is_said_to(machine, monkeypatch):
    impatient(monkeypatch, connect=5.0, read=5.0)
    with hostile([b""]) as server:
        said = machine.says(server.base)

    place = server.base.removeprefix("http://")
    assert f"Error: {place} closed the connection before the response was complete (2 attempts). " in said


def test_a_server_that_speaks_plain_http_is_not_taken_for_one_with_a_bad_certificate(machine):
    with serving(Quiet) as base:
        place = base.removeprefix("http://")
        said = machine.says(f"https://{place}")

    assert f": {place} does not speak TLS. Use http:// for a local server that speaks plain HTTP." in said
    assert 1 <= len(machine.tried) <= AT_ONCE


def test_a_certificate_that_cannot_be_verified_says_why_and_names_the_variable(machine):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with hostile([ACCOUNT], context) as server:
        said = machine.says(server.base)

    place = server.base.removeprefix("https://")
    assert f": the certificate of {place} cannot be verified: unable to get local issuer cert" in said
    assert "set REQUESTS_CA_BUNDLE" in said
    assert server.asked == []


def test_certificates_that_cannot_be_read_are_named_as_the_cause(machine, monkeypatch, tmp_path):
    monkeypatch.setattr(address, "LOOPBACK", frozenset())  # where the variable counts
    with hostile([ACCOUNT]) as server:
        said = machine.says(
            server.base.replace("http:", "https:"), REQUESTS_CA_BUNDLE=str(tmp_path / "none.pem")
        )

    assert ": the CA certificates cannot be read. Check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.\n" in said


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_dead_proxy_is_named_without_its_password(machine, closed, name):
    proxy = f"http://team:{PASSWORD}@127.0.0.1:{closed}"

    said = machine.says("https://stripe.example", **{name: proxy})

    assert f": cannot connect to the proxy: connection refused by 127.0.0.1:{closed}. {PROXY_ADVICE}" in said
    assert {host for host, _port in machine.tried} == {"127.0.0.1"}
    assert len(machine.tried) <= AT_ONCE


def test_a_proxy_with_an_unknown_name_is_named(machine):
    said = machine.says("https://stripe.example", HTTPS_PROXY=f"http://team:{PASSWORD}@proxy.invalid:3128")

    assert "the proxy: the host name proxy.invalid cannot be resolved. Check HTTPS_PROXY" in said


def test_a_proxy_that_refuses_is_named_with_the_status(machine):
    refused = answer("", f"407 Ask {PASSWORD} first")
    with hostile([refused]) as proxy:
        said = machine.says("https://stripe.example", HTTPS_PROXY=proxy.base)

    place = proxy.base.removeprefix("http://")
    assert f": the proxy {place} refused to connect to stripe.example:443 (HTTP 407). {PROXY_ADVICE}" in said
    assert 1 <= len(proxy.asked) <= AT_ONCE


def test_a_connection_refused_in_the_middle_of_a_run_is_tried_again():
    """Stripe has answered before, so it is more likely a short outage; the request was not sent."""
    tried = []
    with hostile([ACCOUNT]) as server:
        transport = Transport(KEY, limits=Limits(1e6, 1e6), api_base=server.base, sleep=tried.append)
        transport.send("GET", "account", {})
    with pytest.raises(StripeError, match=r"connection refused by 127.0.0.1:\d+ \(8 attempts\)\. Check that"):
        transport.send("GET", "account", {})

    assert len(tried) == retry_loop.ATTEMPTS - 1
