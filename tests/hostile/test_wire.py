"""A server that never comes to an end: what it sends is bounded in time and in size."""

import itertools
import json
import threading
from collections.abc import Callable

import pytest
from chaos.hostile import answer, hostile
from e2e.conftest import BARE_CARD, COMPANY, Desk

from provisioner.engine.read import parallel_list
from provisioner.net.address import parse_origin
from provisioner.net.client import Bounds, HttpClient, LateError, TooLargeError
from provisioner.stripe_api import gateway, retry_loop
from provisioner.stripe_api.failure import LostError, RefusalError
from provisioner.stripe_api.translate import redact

ACCOUNT = '{"id": "acct_1", "object": "account", "country": "US"}'
EMPTY = '{"object": "list", "data": [], "has_more": false}'
BALANCE = '{"object": "balance", "issuing": {"available": []}}'
NOW = 1_790_000_000


def card(number: int) -> dict:
    return {
        "id": f"ic_{number}",
        "object": "issuing.card",
        "created": NOW - number,
        "cardholder": "ich_1",
        "status": "inactive",
        "metadata": {},
    }


def stripe(cards: Callable[[int, str], list[dict]]) -> Callable[[int, bytes], bytes]:
    """An account whose list of cards says of every page that more follow; `cards` are those of a page."""
    numbers = itertools.count()

    def script(_n: int, request: bytes) -> bytes:
        path = request.split(b" ", 2)[1].decode()
        if path.startswith("/v1/account"):
            return answer(ACCOUNT)
        if path.startswith("/v1/balance"):
            return answer(BALANCE)
        if path.startswith("/v1/issuing/cards?"):
            page = {"object": "list", "data": cards(next(numbers), path), "has_more": True}
            return answer(json.dumps(page))
        return answer(EMPTY)

    return script


ENDLESS = {
    "the same page": lambda _n, _path: [card(each) for each in range(100)],
    "pages in turns": lambda n, _path: [card(each + 100 * (n % 3)) for each in range(100)],
    "one object in every list": lambda n, _path: [card(1)] * (n % 2 + 1),
    "nothing": lambda _n, _path: [],
    "no new object": lambda n, _path: [card((each * 7 + n) % 100) for each in range(100)],
    "always new ones": lambda n, _path: [card(each + 100 * n) for each in range(100)],
    "newer ones for ever": lambda n, path: [
        card(each - 100 * n if "ending_before" in path else each) for each in range(100)
    ],
}


@pytest.mark.parametrize("cards", ENDLESS.values(), ids=ENDLESS.keys())
@pytest.mark.parametrize("command", ["plan", "apply", "export"])
def test_a_list_without_an_end_ends_in_words(desk: Desk, monkeypatch, command, cards):
    monkeypatch.setattr(parallel_list, "MOST_PAGES", 40)
    monkeypatch.setattr(gateway, "MOST_PAGES", 40)
    desk.write(COMPANY + BARE_CARD)
    words = ["apply", "--auto-approve"] if command == "apply" else [command]
    with hostile(stripe(cards)) as server:
        monkeypatch.setenv("STRIPE_API_BASE", server.base)
        said = desk.run(*words, "--max-rps", "1000", code=1).output

    assert "Error: Stripe's list of issuing/cards " in said
    assert len(server.asked) < 60
    assert not any(request.startswith(b"POST") for request in server.asked)


def test_an_object_that_is_in_a_list_twice_is_read_once(desk: Desk, monkeypatch):
    """Two of one id would be told to be in each other's way, and one of them to be ended."""
    desk.write(COMPANY + BARE_CARD)
    desk.run("apply", "--auto-approve")
    live = {
        "issuing/cards": desk.live()["cards.ads"],
        "issuing/cardholders": desk.live("cardholders")["cardholders.acme"],
    }

    def twice(_n: int, request: bytes) -> bytes:
        path = request.split(b" ", 2)[1].decode().partition("?")[0].removeprefix("/v1/")
        page = {"object": "list", "data": [live[path]] * 2 if path in live else [], "has_more": False}
        return answer(ACCOUNT if path == "account" else json.dumps(page))

    with hostile(twice) as server:
        monkeypatch.setenv("STRIPE_API_BASE", server.base)
        assert "No changes." in desk.run("plan").output


HEADERS = {
    "interim answers": b"HTTP/1.1 100 Continue\r\n\r\n",
    "headers": b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 60_000 + b"\r\n",
}


def client(base: str, clock: Callable[[], float], largest: int = 200_000) -> HttpClient:
    return HttpClient(parse_origin(base), Bounds(connect=5, read=5, whole=60, largest=largest), clock)


@pytest.mark.parametrize("sent", HEADERS.values(), ids=HEADERS.keys())
def test_headers_without_an_end_are_too_large(sent):
    with hostile([sent * (2_000_000 // len(sent))]) as server:
        asked = client(server.base, itertools.count(0, 0.001).__next__)
        with pytest.raises(TooLargeError):
            asked.request("GET", "/")
        asked.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 60_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X-Trailer: a\r\n" * 30_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + b" " * 900_000,
    ],
    ids=["interim answers", "chunks", "trailers", "body"],
)
def test_an_answer_has_one_time_for_all_of_it(sent):
    """The clock goes on by 25 seconds with each look at it, so the third read is too late."""
    with hostile([sent]) as server:
        asked = client(server.base, itertools.count(0, 25).__next__, largest=10_000_000)
        with pytest.raises(LateError):
            asked.request("GET", "/")
        asked.close()


@pytest.mark.parametrize("busy", [False, True])
def test_attempts_share_the_time_of_one_request(monkeypatch, busy):
    """Each attempt uses up all the time that it is given, and all of them together no more than is said."""
    now, given = [60.0], []
    monkeypatch.setattr(retry_loop.time, "monotonic", lambda: now[0])

    def once(within: float) -> None:
        given.append(min(within, 60.0))
        now[0] += given[-1]
        raise failure

    failure = RefusalError(429, {"stripe-rate-limited-reason": "global-rate"}, {}) if busy else LostError()

    def sleep(seconds: float) -> None:
        now[0] += seconds

    with pytest.raises(type(failure)):
        retry_loop.again(failure, once, 0.0, threading.Event(), sleep, lambda _error, _left: None)

    assert now[0] <= (retry_loop.PATIENCE if busy else retry_loop.LOST_PATIENCE) + 1
    assert len(given) <= 4


MESSAGES = {
    "words without an @": "a" * 400_000,
    "nearly an address": "a@" * 200_000,
    "dots": "a.b-c+" * 70_000,
    "numbers": "1 2-" * 100_000,
    "keys": "sk_" * 130_000,
    "blanks": " " * 400_000,
    "nothing to show": "\x1b" * 400_000,
}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES.keys())
def test_a_message_of_any_length_is_cut_and_told(desk: Desk, monkeypatch, message):
    desk.write(COMPANY + BARE_CARD)
    refused = answer(
        json.dumps({"error": {"type": "api_error", "code": "odd", "message": message}}), "400 No"
    )
    with hostile([refused]) as server:
        monkeypatch.setenv("STRIPE_API_BASE", server.base)
        said = desk.run("plan", code=1).output

    assert "Stripe returned 400 odd: " in said
    assert len(said) < 2_000


@pytest.mark.parametrize("at", range(4_300, 4_500, 7))
def test_no_secret_is_cut_in_two_and_shown(at):
    """What was before it is taken out, so that the place of the cut comes into what is shown."""
    params = {"name": "Jenny Rosen of the long street", "filler": "x" * 400}
    message = ("x" * 400 + " ") * 20
    message = f"{message[:at]} Jenny Rosen of the long street {message}"

    said = redact(message, params)

    assert "Je" not in said
    assert "(redacted) " * 3 in said


def test_a_value_that_was_sent_is_taken_out_of_a_message_of_any_length():
    said = redact("No such name: " + "Jenny " * 100_000, {"name": "Jenny"}, "sk_test_canary")

    assert "Jenny" not in said
    assert len(said) <= 500
