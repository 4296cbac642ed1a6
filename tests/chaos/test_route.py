"""The way to Stripe: whose certificate is trusted, and which proxy is used."""

import socket
import ssl
import threading

import pytest
import trustme

from chaos.hostile import answer, hostile
from provisioner.app.account import ANSWERS
from provisioner.core.model.errors import AccessError, StripeError
from provisioner.net import address, route
from provisioner.net.address import parse_origin
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.failure import LostError
from provisioner.stripe_api.gateway import StripeReader
from provisioner.stripe_api.http import BoundedClient
from provisioner.stripe_api.rate_limit import Limits

KEY = "sk_test_canary4242424242"
GOOD = answer('{"id": "acct_1", "object": "account"}')
ELSEWHERE = "http://stripe.example"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", *map(str.lower, route.BUNDLES)):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def account(base: str) -> object:
    transport = Transport(KEY, limits=Limits(1e6, 1e6), api_base=base, sleep=lambda _: None)
    return StripeReader(transport, ANSWERS).retrieve("account")["id"]


def served_by(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture
def authority(tmp_path, monkeypatch) -> trustme.CA:
    """An authority that REQUESTS_CA_BUNDLE names, of this machine as of any other."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    monkeypatch.setattr(address, "LOOPBACK", frozenset())
    return authority


def test_a_certificate_of_a_trusted_authority_is_good(authority):
    with hostile([GOOD], served_by(authority)) as server:
        assert account(server.base) == "acct_1"


@pytest.mark.parametrize("name", ["127.0.0.1", "api.stripe.com"])
def test_a_certificate_of_another_authority_or_name_gets_no_key(authority, name):
    whose = trustme.CA() if name == "127.0.0.1" else authority
    with (
        hostile([GOOD], served_by(whose, name)) as server,
        pytest.raises(StripeError, match=r"the certificate of 127.0.0.1:[0-9]+ cannot be verified"),
    ):
        account(server.base)

    assert server.asked == []


def test_on_this_machine_no_authority_of_the_environment_counts(authority, monkeypatch):
    monkeypatch.setattr(address, "LOOPBACK", frozenset({"127.0.0.1"}))
    with hostile([GOOD], served_by(authority)) as server, pytest.raises(StripeError, match="certificate"):
        account(server.base)


def test_a_folder_of_certificates_is_all_that_is_trusted(authority, tmp_path, monkeypatch):
    folder = tmp_path / "certificates"
    folder.mkdir()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(folder))
    with hostile([GOOD], served_by(authority)) as server, pytest.raises(StripeError, match="certificate"):
        account(server.base)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_environment_s_proxy_is_used(monkeypatch, name):
    with hostile([GOOD]) as proxy:
        monkeypatch.setenv(name, proxy.base)
        assert account(ELSEWHERE) == "acct_1"

    assert proxy.asked[0].startswith(b"GET http://stripe.example/v1/account HTTP/1.1\r\n")


def test_a_proxy_without_a_scheme_is_one_of_http_and_is_told_who_asks(monkeypatch):
    with hostile([GOOD]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.base.replace("http://", "team:se%40cret@"))
        account(ELSEWHERE)

    assert b"\r\nproxy-authorization: Basic dGVhbTpzZUBjcmV0\r\n" in proxy.asked[0]  # team:se@cret


def test_what_is_named_in_no_proxy_is_asked_itself(monkeypatch):
    with hostile([GOOD]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.base)
        monkeypatch.setenv("NO_PROXY", "stripe.example")
        with pytest.raises(StripeError, match=f"cannot connect to Stripe at {ELSEWHERE}: the host name"):
            account(ELSEWHERE)

    assert proxy.asked == []


def test_a_key_passes_a_proxy_by_https_unseen(monkeypatch):
    refused = answer("", "403 Forbidden")
    with hostile([refused]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base)
        with pytest.raises(StripeError, match=r"refused to connect to stripe\.example:443"):
            account("https://stripe.example")

    assert proxy.asked[0].startswith(b"CONNECT stripe.example:443 ")
    assert KEY.encode() not in b"".join(proxy.asked)


@pytest.mark.parametrize(
    "proxy",
    [
        "socks5://team:secret@proxy.example",
        "http://team:secret@proxy.example:port",
        "http://team:secret@proxy.example:99999",
        "http://team:secret@[::1",
        "http://team:secret@proxy.example ",
    ],
)
def test_a_proxy_that_cannot_be_used_is_told_at_once(monkeypatch, proxy):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(AccessError, match="not an http:// or https:// address") as error:
        account("https://stripe.example")

    assert "secret" not in str(error.value)


def test_a_bundle_that_is_not_there_is_told_and_nothing_is_sent(authority, tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with hostile([GOOD], served_by(authority)) as server, pytest.raises(StripeError, match="certificate"):
        account(server.base)

    assert server.asked == []


def test_a_line_that_breaks_in_an_answer_is_no_matter_of_certificates(authority):
    """What is garbled on the way is told by TLS; nothing says that it would be so the next time."""

    def garbled(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        there = served_by(authority).wrap_socket(connection, server_side=True)
        there.recv(65536)
        there.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")
        with socket.socket(fileno=there.detach()) as bare:
            bare.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))  # a record that nobody has encrypted

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=garbled, args=(listener,))
        thread.start()
        base = f"https://127.0.0.1:{listener.getsockname()[1]}"
        client = BoundedClient(parse_origin(base), (5.0, 5.0))
        with pytest.raises(LostError):
            client.request("GET", "/v1/account", {})
        thread.join()
        client.close()
