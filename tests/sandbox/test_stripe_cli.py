"""`stripe listen`, `stripe logs tail`, `stripe events resend`, with a client that does what Stripe's does."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import stripe

pytest.importorskip("websockets")
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

Json = dict[str, Any]

SESSIONS = "/v1/stripecli/sessions"
TOPUP = {"amount": 2000, "currency": "usd"}


@contextmanager
def client(api, feature: str = "webhooks", **params: Any) -> Iterator[tuple[Json, ClientConnection]]:
    """A session, and its connection."""
    session = api.ok(SESSIONS, {"device_name": "here", "websocket_features": [feature], **params})
    with connect(
        f"{session['websocket_url']}?websocket_feature={session['websocket_authorized_feature']}",
        additional_headers={"Websocket-Id": session["websocket_id"]},
        subprotocols=["stripecli-devproxy-v1"],
        compression=None,
    ) as connection:
        yield session, connection


def heard(connection: ClientConnection, count: int = 1, *, latest: bool = False) -> list[Json]:
    """The next messages that Stripe's client does not ignore, which it acknowledges."""
    kept: list[Json] = []
    while len(kept) < count:
        message = json.loads(connection.recv(timeout=10))
        ack = {"type": "event_ack", "webhook_conversation_id": message["webhook_conversation_id"]}
        connection.send(json.dumps(ack))
        if (message["endpoint"]["api_version"] is not None) == latest:
            kept.append(message)
    return kept


def reply(message: Json, answer: Json, status: int = 200) -> str:
    return json.dumps(
        {
            "type": "webhook_response",
            "forward_url": "http://localhost:4242/webhook",
            "status": status,
            "http_headers": {"Stripe-Version": "2026-10-28.endive", "Content-Type": "application/json"},
            "body": json.dumps(answer),
            "webhook_conversation_id": message["webhook_conversation_id"],
            "webhook_id": message["webhook_id"],
        }
    )


@pytest.mark.parametrize("latest", [False, True])
def test_listen_gets_events_that_are_signed_as_the_sdk_checks_it(api, latest) -> None:
    api.cardholder()
    with client(api) as (session, connection):
        assert session["websocket_url"].startswith(api.base.replace("http", "ws"))
        assert connection.subprotocol == "stripecli-devproxy-v1"
        api.ok("/v1/topups", TOPUP)
        (message,) = heard(connection, latest=latest)
        body, signature = message["event_payload"], message["http_headers"]["Stripe-Signature"]
        event = stripe.Webhook.construct_event(body, signature, session["secret"])
        assert (event.type, message["type"]) == ("topup.created", "webhook_event")
        assert json.loads(body) == api.events("topup.created")[0]
    assert api.ok(SESSIONS, {"websocket_features": ["webhooks"]})["secret"] == session["secret"]


def test_listen_hears_what_happens_by_itself_and_between_two_connections(start) -> None:
    api = start(topup_settle=0.05)
    with client(api) as (session, connection):
        api.ok("/v1/topups", TOPUP)
        assert [json.loads(m["event_payload"])["type"] for m in heard(connection, 2)] == [
            "topup.created",
            "topup.succeeded",
        ]
    api.cardholder()
    with connect(
        session["websocket_url"], additional_headers={"Websocket-Id": session["websocket_id"]}
    ) as connection:
        (message,) = heard(connection)
        assert json.loads(message["event_payload"])["type"] == "issuing_cardholder.created"
        api.control("reset")
        api.cardholder()
        heard(connection)


def test_the_platform_hears_of_connected_accounts_and_they_only_of_themselves(api) -> None:
    api.control("accounts", {"ids": ["acct_shop"]})
    shop = api.with_headers(Stripe_Account="acct_shop")
    with client(api) as (_, platform), client(shop) as (_, own):
        api.cardholder()
        card = shop.cardholder()
        first, second = (json.loads(m["event_payload"]) for m in heard(platform, 2))
        (only,) = (json.loads(m["event_payload"]) for m in heard(own))
    assert ("account" in first, second["account"]) == (False, "acct_shop")
    assert only["data"]["object"]["id"] == second["data"]["object"]["id"] == card["id"]


def test_an_unknown_session_is_refused_as_stripes_client_expects(api) -> None:
    url = api.ok(SESSIONS)["websocket_url"]
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(url, additional_headers={"Websocket-Id": "cliws_unknown"}),
    ):
        pass
    assert json.loads(refused.value.response.body)["error"]["message"] == "Unknown WebSocket ID."
    with pytest.raises(InvalidStatus) as foreign, connect(url, origin="https://example.com"):
        pass
    assert foreign.value.response.status_code == 403


@pytest.mark.parametrize(
    ("answer", "approved", "reason"),
    [
        ({"approved": True, "amount": 50}, True, "webhook_approved"),
        ({"approved": False}, False, "webhook_declined"),
    ],
)
def test_a_listening_server_decides_about_authorizations(api, answer, approved, reason) -> None:
    api.fund(10_000)
    card = api.card(status="active")
    seen: list[Json] = []
    with client(api, forward_to_url="http://localhost:4242/webhook") as (_, connection):

        def server() -> None:
            for message in (json.loads(text) for text in connection):
                event = json.loads(message["event_payload"])
                if event["type"] == "issuing_authorization.request":
                    seen.append(event["data"]["object"])
                    connection.send(reply(message, answer))
                    return

        listening = threading.Thread(target=server)
        listening.start()
        made = api.ok(
            "/v1/test_helpers/issuing/authorizations",
            {"card": card["id"], "amount": 100, "is_amount_controllable": True},
        )
        listening.join()
    assert (seen[0]["id"], seen[0]["status"]) == (made["id"], "pending")
    assert (made["approved"], made["request_history"][0]["reason"]) == (approved, reason)
    assert made["amount"] == (50 if approved else 100)


def test_a_client_that_forwards_nothing_decides_nothing(api) -> None:
    api.fund(10_000)
    card = api.card(status="active")
    with client(api):
        made = api.ok("/v1/test_helpers/issuing/authorizations", {"card": card["id"], "amount": 100})
    assert made["request_history"][0]["reason"] == "card_active"


def test_a_listening_server_that_fails_declines(api) -> None:
    api.fund(10_000)
    card = api.card(status="active")
    with client(api, forward_to_url="http://localhost:4242/webhook") as (_, connection):

        def server() -> None:
            (message,) = heard(connection)
            connection.send(json.dumps({"type": "webhook_response"}))
            connection.send(reply(message, {}, 500))

        listening = threading.Thread(target=server)
        listening.start()
        made = api.ok("/v1/test_helpers/issuing/authorizations", {"card": card["id"], "amount": 100})
        listening.join()
    assert (made["approved"], made["request_history"][0]["reason"]) == (False, "webhook_error")


def test_tail_gets_requests_that_pass_the_filters(api) -> None:
    post = {"filter_http_method": ["POST"], "filter_source": ["api"]}
    only_failed = json.dumps({**post, "filter_status_code_type": ["400"]})
    with (
        client(api, "request_logs") as (_, every),
        client(api, "request_logs", filters=only_failed) as (_, failed),
    ):
        api.read("/v1/balance")
        refused = api.post("/v1/topups", {"amount": 0, "currency": "usd"})
        entries = []
        while len(entries) < 2:
            message = json.loads(every.recv(timeout=10))
            entry = json.loads(message["event_payload"])
            if entry["url"] != SESSIONS:
                entries.append((message["type"], entry))
        one = json.loads(json.loads(failed.recv(timeout=10))["event_payload"])
    assert [(kind, e["method"], e["url"], e["status"]) for kind, e in entries] == [
        ("request_log_event", "GET", "/v1/balance", 200),
        ("request_log_event", "POST", "/v1/topups", 400),
    ]
    assert one == entries[1][1]
    assert one["request_id"] == refused.headers["Request-Id"]
    assert one["error"]["message"] == refused.error["message"]
    assert api.refused(SESSIONS, {"filters": "{"})["param"] == "filters"
    assert api.refused(SESSIONS, {"filters": "[1]"})["param"] == "filters"


def test_resend(api) -> None:
    api.ok("/v1/topups", TOPUP)
    event = api.events("topup.created")[0]
    again = f"/v1/events/{event['id']}/retry"
    refused = api.refused(again, {"for_stripecli": True})
    assert (refused["param"], refused["message"][:22]) == ("for_stripecli", "No CLI endpoints found")
    with client(api) as (_, connection):
        assert api.ok(again, {"for_stripecli": True})["id"] == event["id"]
        (message,) = heard(connection)
        assert json.loads(message["event_payload"])["id"] == event["id"]
        assert api.post("/v1/events/evt_unknown/retry", {"for_stripecli": True}).status == 404


def test_resend_of_a_connected_accounts_event(api) -> None:
    api.control("accounts", {"ids": ["acct_shop"]})
    api.with_headers(Stripe_Account="acct_shop").cardholder()
    event = api.with_headers(Stripe_Account="acct_shop").events()[0]
    again = f"/v1/events/{event['id']}/retry"
    assert api.post(again, {"for_stripecli": True}).status == 404
    with client(api) as (_, connection):
        api.ok(again, {"for_stripecli": True, "account": "acct_shop"})
        (message,) = heard(connection)
    assert json.loads(message["event_payload"])["account"] == "acct_shop"
    unknown = api.refused(again, {"for_stripecli": True, "account": "acct_none"})
    assert unknown["param"] == "account"
