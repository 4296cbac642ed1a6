"""What a request does with answers that Stripe gives on bad days, and with those that Stripe never gives."""

import itertools
import json

import pytest

from chaos.hostile import Hostile, answer, error, hostile
from provisioner.app.account import ANSWERS
from provisioner.core.model.errors import (
    AccessError,
    NotSentError,
    OutageError,
    ProvisionerError,
    StripeError,
)
from provisioner.core.plan.call import Call
from provisioner.net.address import parse_origin
from provisioner.stripe_api import http as bounds
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.failure import LostError
from provisioner.stripe_api.gateway import StripeWriter
from provisioner.stripe_api.rate_limit import MOST_AT_ONCE, Limits

KEY = "sk_test_canary4242424242"
GOOD = answer('{"id": "acct_1", "object": "account"}')
CANCELED = answer('{"id": "tu_1", "object": "topup", "amount": 1, "currency": "usd", "status": "canceled"}')
PAGE = '{"object": "list", "data": [%s], "has_more": %s}'
CREATE = Call("issuing.cards", "create", None, {"name": "Jenny Rosen"}, "key-1")


class Clock:
    """Waits that take no time, and are counted."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def writer(server: Hostile, clock: Clock, timeout: float = 5.0) -> StripeWriter:
    return StripeWriter(
        Transport(
            KEY,
            limits=Limits(1e6, 1e6),
            api_base=server.base,
            timeouts=(timeout, timeout),
            sleep=clock.sleep,
            clock=lambda: clock.now,
        ),
        ANSWERS,
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"id"',
        answer("<html>no</html>"),
        answer('{"id": '),
        answer("[" * 100_000),
        answer(b"\xff\xfe"),
        error("500 Internal Server Error", "api_error"),
        answer("<html>gateway</html>", "502 Bad Gateway"),
        error("409 Conflict", "idempotency_key_in_use"),
        error("429 Too Many Requests", "rate_limit", headers=["Stripe-Rate-Limited-Reason: global-rate"]),
        error("429 Too Many Requests", "lock_timeout", headers=["Stripe-Should-Retry: true"]),
        error("400 Bad Request", "odd", headers=["Stripe-Should-Retry: true"]),
    ],
    ids=lambda bad: bad[:60].decode(errors="replace").split("\r")[0][-20:] + str(len(bad)),
)
def test_what_may_pass_is_tried_again_on_the_same_key(bad, clock):
    with hostile([bad, bad, GOOD]) as server:
        found = writer(server, clock).perform(CREATE)

    assert found.object["id"] == "acct_1"
    assert len(server.asked) == 3
    assert all(b"Idempotency-Key: key-1" in request for request in server.asked)


def test_a_wait_that_a_person_notices_is_said_once(clock, caplog):
    busy = error("503 Service Unavailable", "api_error", headers=["Retry-After: 20"])
    caplog.set_level("INFO", logger="provisioner")

    with hostile([busy, GOOD, busy, busy, GOOD]) as server:
        stripe = writer(server, clock)
        for _ in range(2):
            stripe.perform(CREATE)

    assert [record.getMessage() for record in caplog.records] == [
        "Stripe returned 503; retrying for up to 90 s"
    ]


def test_a_short_wait_is_not_said(clock, caplog):
    caplog.set_level("INFO", logger="provisioner")

    with hostile([error("500 Internal Server Error", "api_error"), GOOD]) as server:
        writer(server, clock).perform(CREATE)

    assert caplog.records == []


@pytest.mark.parametrize(
    "bad",
    [
        error("400 Bad Request", "parameter_unknown"),
        error("404 Not Found", "resource_missing"),
        error("500 Internal Server Error", "api_error", headers=["Stripe-Should-Retry: false"]),
        error("500 Internal Server Error", "api_error", headers=["Idempotent-Replayed: true"]),
        answer("", "302 Found", ["Location: http://127.0.0.1:1/stolen"]),
        answer("", "307 Temporary Redirect", ["Location: https://example.com/"]),
        answer("", "301 Moved Permanently"),
    ],
    ids=lambda bad: bad.split(b"\r\n")[0].decode() + str(len(bad)),
)
def test_what_will_not_pass_is_not_tried_again(bad, clock):
    with hostile([bad]) as server, pytest.raises(StripeError):
        writer(server, clock).perform(CREATE)

    assert len(server.asked) == 1


def test_a_redirect_takes_the_key_nowhere(clock):
    with hostile([GOOD]) as other:
        moved = answer("", "302 Found", [f"Location: {other.base}/v1/account"])
        with (
            hostile([moved]) as server,
            pytest.raises(StripeError, match="a key is never sent to another address"),
        ):
            writer(server, clock).retrieve("account")

    assert other.asked == []


def test_retry_after_is_obeyed(clock):
    busy = error("429 Too Many Requests", "rate_limit", headers=["Retry-After: 7"])
    with hostile([busy, GOOD]) as server:
        writer(server, clock).retrieve("account")

    assert clock.waits == [7.0]


def test_a_lock_is_asked_for_again_sooner_than_a_limit(clock):
    locked = error("429 Too Many Requests", "lock_timeout")
    with hostile([locked] * 6 + [GOOD]) as server:
        writer(server, clock).retrieve("account")

    assert max(clock.waits) <= 1.0


def test_a_limit_that_lasts_is_waited_for_longer_than_a_failure(clock):
    busy = error("429 Too Many Requests", "rate_limit", headers=["Stripe-Rate-Limited-Reason: endpoint-rate"])
    with hostile([busy] * 20 + [GOOD]) as server:
        assert writer(server, clock).retrieve("account")["id"] == "acct_1"


def test_no_answer_in_time_is_tried_again(clock):
    with hostile(lambda n, _request: GOOD if n else _never()) as server:
        assert writer(server, clock, timeout=0.2).retrieve("account")["id"] == "acct_1"


def _never() -> bytes:
    raise OSError("the connection ends without an answer")


def test_when_stripe_is_down_the_circuit_ends_the_run(clock):
    with hostile([error("503 Service Unavailable", "api_error")]) as server:
        stripe = writer(server, clock)
        with pytest.raises(StripeError) as first:
            stripe.retrieve("account")
        clock.now += 15
        for _ in range(3):
            with pytest.raises(StripeError) as last:
                stripe.retrieve("account")
        asked = len(server.asked)
        with pytest.raises(OutageError, match="run the command again later"):
            stripe.retrieve("account")

    assert not isinstance(first.value, OutageError)
    assert isinstance(last.value, OutageError)
    assert len(server.asked) == asked < 12


def test_failures_in_a_row_within_a_moment_do_not_end_the_run(clock):
    with hostile(
        [error("500 Internal Server Error", "api_error", headers=["Stripe-Should-Retry: false"])]
    ) as server:
        stripe = writer(server, clock)
        told = [failure(stripe) for _ in range(12)]
        clock.now += 15
        told += [failure(stripe) for _ in range(2)]

    assert told == [StripeError] * 13 + [OutageError]


def test_failures_that_stripe_has_kept_for_a_key_do_not_end_the_run(clock):
    kept = error("500 Internal Server Error", "api_error", headers=["Idempotent-Replayed: true"])
    with hostile([kept]) as server:
        stripe = writer(server, clock)
        for _ in range(12):
            clock.now += 15
            assert failure(stripe) is StripeError


def failure(stripe: StripeWriter) -> type[Exception]:
    with pytest.raises(StripeError) as told:
        stripe.perform(CREATE)
    return told.type


def test_a_refusal_of_so_many_at_once_means_fewer_at_once(clock):
    reason = "Stripe-Rate-Limited-Reason: endpoint-concurrency"
    with hostile([error("429 Too Many Requests", "rate_limit", headers=[reason]), GOOD]) as server:
        stripe = writer(server, clock)
        stripe.retrieve("account")

    assert stripe._transport._pace._at_once < MOST_AT_ONCE


def test_an_answer_that_is_too_large_is_not_read_to_its_end(clock, monkeypatch):
    monkeypatch.setattr(bounds, "LARGEST", 1_000_000)
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + b" " * 3_000_000
    with hostile([endless]) as server, pytest.raises(StripeError, match="larger than"):
        writer(server, clock).retrieve("account")

    assert len(server.asked) == 1


def test_an_answer_that_trickles_in_for_ever_is_given_up():
    seconds = itertools.count(step=50)
    with hostile([answer('{"id": "acct_1"}' + " " * 100_000)]) as server:
        client = bounds.BoundedClient(parse_origin(server.base), (5.0, 5.0), lambda: next(seconds))
        with pytest.raises(LostError):
            client.request("GET", "/v1/account", {})


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "3",
        "null",
        '"text"',
        '{"data": 5}',
        '{"data": [3], "has_more": false}',
        '{"has_more": true, "data": []}',
    ],
)
def test_a_list_of_another_form_is_an_error_in_words(body, clock):
    with hostile([answer(body)]) as server, pytest.raises(StripeError, match="Stripe's"):
        list(writer(server, clock).list("issuing/cards"))


@pytest.mark.parametrize(
    "body",
    [
        '{"error": "text"}',
        '{"error": []}',
        '{"error": {"message": {"a": 1}}}',
        '{"error": {"type": 4, "code": []}}',
        "{}",
        "[]",
        "",
    ],
)
def test_a_refusal_of_another_form_is_an_error_in_words(body, clock):
    with hostile([answer(body, "400 Bad Request")]) as server, pytest.raises(StripeError, match="400"):
        writer(server, clock).retrieve("account")


def test_a_list_that_goes_round_in_circles_ends(clock):
    pages = [answer(PAGE % (json.dumps({"id": f"ic_{n % 3}"}), "true")) for n in range(30)]
    with (
        hostile(lambda n, _request: pages[n % 30]) as server,
        pytest.raises(StripeError, match="no new object"),
    ):
        list(writer(server, clock).list("issuing/cards"))


def test_what_stripe_quotes_is_taken_out_and_no_terminal_obeys_it(clock):
    message = (
        r"\u001b[31mNo\u202e such Jenny Rosen <jenny@example.com> +1 415 555 2671 4242-4242-4242-4242 " + KEY
    )
    odd = error("400 Bad Request", "odd\\u001b[2J", message)
    with hostile([odd]) as server, pytest.raises(StripeError) as refused:
        writer(server, clock).perform(CREATE)

    said = str(refused.value)
    assert said.isprintable()
    for secret in ("jenny", "rosen", "example.com", "555", "4242", "canary", "\x1b", "\u202e"):
        assert secret not in said.lower()


def test_a_refused_key_is_not_quoted(clock):
    refused = answer(json.dumps({"error": {"message": f"Invalid API Key: {KEY}"}}), "401 Unauthorized")
    with hostile([refused]) as server, pytest.raises(AccessError) as said:
        writer(server, clock).retrieve("account")

    assert "canary" not in str(said.value)


def test_no_proxy_and_no_netrc_come_between_on_this_machine(clock, monkeypatch, tmp_path):
    with hostile([GOOD]) as proxy, hostile([GOOD]) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.base)
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        writer(server, clock).retrieve("account")

    assert proxy.asked == []
    assert f"Authorization: Bearer {KEY}".encode() in server.asked[0]


def test_once_stopped_nothing_is_tried_again():
    with hostile([error("500 Internal Server Error", "api_error")]) as server:
        transport = Transport(KEY, limits=Limits(1e6, 1e6), api_base=server.base)
        transport.stop.set()
        with pytest.raises(ProvisionerError):
            transport.send("GET", "account", {})

    assert len(server.asked) == 1


def test_once_stopped_nothing_is_waited_for():
    waited: list[float] = []
    transport = Transport(KEY, limits=Limits(1e6, 1e6), sleep=waited.append)
    assert StripeWriter(transport, ANSWERS).wait(2.0)
    transport.stop.set()
    assert not StripeWriter(transport, ANSWERS).wait(4.0)
    assert waited == [2.0]


def test_once_stopped_a_write_that_has_not_left_is_not_sent_but_for_one_that_takes_money_back():
    with hostile([CANCELED]) as server:
        transport = Transport(KEY, limits=Limits(1e6, 1e6), api_base=server.base)
        transport.stop.set()
        stripe = StripeWriter(transport, ANSWERS)
        with pytest.raises(NotSentError):
            stripe.perform(CREATE)
        stripe.perform(Call("topups", "cancel", "tu_1", {}))

    assert [request.split(b" HTTP")[0] for request in server.asked] == [b"POST /v1/topups/tu_1/cancel"]


def test_what_may_have_arrived_is_asked_for_once_more_when_the_run_is_stopped():
    """Whether it was done is only known from an answer."""
    with hostile([b"", GOOD]) as server:
        transport = Transport(
            KEY, limits=Limits(1e6, 1e6), api_base=server.base, sleep=lambda _seconds: transport.stop.set()
        )
        found = StripeWriter(transport, ANSWERS).perform(CREATE)

    assert found.object["id"] == "acct_1"
    assert len(server.asked) == 2


def test_reading_says_whose_who_and_which_version_as_writing_does():
    with hostile([GOOD]) as server:
        transport = Transport(KEY, limits=Limits(1e6, 1e6), account="acct_9", api_base=server.base)
        transport.send("GET", "issuing/cards", {"limit": 1, "created": {"gte": 5}, "types": ["a b"]})
        transport.send("POST", "issuing/cards", {})

    read, written = server.asked
    assert read.startswith(b"GET /v1/issuing/cards?limit=1&created%5Bgte%5D=5&types%5B0%5D=a+b HTTP/1.1\r\n")
    for name in (b"Authorization", b"Stripe-Version", b"Stripe-Account"):
        (line,) = (line for line in written.split(b"\r\n") if line.startswith(name))
        assert line in read.split(b"\r\n")
