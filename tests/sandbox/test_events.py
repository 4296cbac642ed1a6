"""Events, and their way to webhook endpoints."""

import json
import queue

import pytest
import stripe
from support.loopback import Quiet, serving

TOPUP = {"amount": 2000, "currency": "usd"}
DAY = 86_400


def test_an_event_can_be_read_again_for_30_days(api) -> None:
    api.ok("/v1/topups", TOPUP)
    event = api.events()[-1]
    assert (event["type"], event["object"], event["id"][:4]) == ("topup.created", "event", "evt_")
    assert api.read(f"/v1/events/{event['id']}") == event
    api.advance(30 * DAY + 1)
    assert api.get(f"/v1/events/{event['id']}").status == 404
    assert event["id"] not in [e["id"] for e in api.events()]


def test_filters(api) -> None:
    card = api.card()
    api.ok(f"/v1/issuing/cards/{card['id']}", {"status": "inactive"})
    api.ok("/v1/topups", TOPUP)
    types = lambda **by: [e["type"] for e in api.read("/v1/events", {"limit": 100, **by})["data"]]  # noqa: E731

    assert types(type="issuing_card.updated") == ["issuing_card.updated"]
    assert types(type="issuing_card.*") == ["issuing_card.updated", "issuing_card.created"]
    assert types(types=["topup.created", "issuing_card.created"]) == ["topup.created", "issuing_card.created"]
    assert len(types()) == 4
    assert types(created={"gt": card["created"] + 3600}) == []
    assert api.get("/v1/events", {"type": "a", "types": ["b"]}).error["code"] == "parameters_exclusive"
    assert api.get("/v1/events", {"types": ["x"] * 21}).status == 400
    first = api.read("/v1/events", {"limit": 1, "type": "issuing_card.*"})
    after = api.read("/v1/events", {"type": "issuing_card.*", "starting_after": first["data"][0]["id"]})
    assert [e["type"] for e in after["data"]] == ["issuing_card.created"]


def test_what_happens_by_itself_has_no_request(api) -> None:
    api.fund(100)
    assert api.events("topup.succeeded")[0]["request"] == {"id": None, "idempotency_key": None}


@pytest.fixture
def receiver():
    """A web server that keeps what it gets, and answers with the next status of `answers` (else 200)."""
    got: queue.Queue = queue.Queue()
    answers: queue.Queue = queue.Queue()

    class Handler(Quiet):
        def do_POST(self) -> None:  # noqa: N802 - http.server's name
            body = self.sent()
            self.reply(answers.get() if not answers.empty() else 200)
            got.put((body, dict(self.headers)))

    with serving(Handler) as base:
        yield f"{base}/hook", got, answers


def test_a_delivery_is_signed_as_the_sdk_checks_it(api, receiver) -> None:
    url, got, _ = receiver
    endpoint = api.ok("/v1/webhook_endpoints", {"url": url, "enabled_events": ["topup.created"]})
    assert endpoint["secret"].startswith("whsec_")
    api.cardholder()
    api.ok("/v1/topups", TOPUP)

    body, headers = got.get(timeout=10)
    event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], endpoint["secret"])
    assert (event.type, event.data.object["amount"]) == ("topup.created", 2000)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, headers["Stripe-Signature"], "whsec_other")
    assert got.empty()


def test_a_delivery_that_fails_is_tried_again_later(api, receiver) -> None:
    url, got, answers = receiver
    api.ok("/v1/webhook_endpoints", {"url": url, "enabled_events": ["*"]})
    answers.put(500)
    api.ok("/v1/topups", TOPUP)
    first = json.loads(got.get(timeout=10)[0])
    assert api.read("/v1/events", {"delivery_success": "false"})["data"][0]["id"] == first["id"]
    assert api.read("/v1/events", {"delivery_success": "true"})["data"] == []
    assert first["pending_webhooks"] == 1

    received = []
    for _ in range(20):
        api.advance(61)
        received.append(json.loads(got.get(timeout=10)[0]))
        if received[-1]["id"] == first["id"]:
            break
    assert first["id"] in [event["id"] for event in received]


def test_events_go_out_although_nobody_asks_for_anything(start, receiver) -> None:
    url, got, _ = receiver
    api = start(topup_settle=0.05)
    api.ok("/v1/webhook_endpoints", {"url": url, "enabled_events": ["topup.succeeded"]})
    api.ok("/v1/topups", TOPUP)
    assert json.loads(got.get(timeout=10)[0])["type"] == "topup.succeeded"


def test_an_event_can_be_sent_to_an_endpoint_again(api, receiver) -> None:
    url, got, _ = receiver
    endpoint = api.ok("/v1/webhook_endpoints", {"url": url, "enabled_events": ["issuing_card.created"]})
    api.ok("/v1/topups", TOPUP)
    event = api.events("topup.created")[0]
    again = f"/v1/events/{event['id']}/retry"
    assert api.refused(again, {})["param"] == "webhook_endpoint"
    assert api.refused(again, {"webhook_endpoint": "we_none"})["param"] == "webhook_endpoint"
    assert api.ok(again, {"webhook_endpoint": endpoint["id"]})["pending_webhooks"] == 1
    assert json.loads(got.get(timeout=10)[0])["id"] == event["id"]


def test_endpoints_can_be_changed_and_removed(api, receiver) -> None:
    url, got, _ = receiver
    made = api.ok("/v1/webhook_endpoints", {"url": url, "enabled_events": ["*"], "metadata": {"a": "1"}})
    one = f"/v1/webhook_endpoints/{made['id']}"
    assert "secret" not in api.read(one)
    changed = api.ok(one, {"disabled": True, "description": "off", "metadata": {"b": "2"}})
    assert (changed["status"], changed["metadata"]) == ("disabled", {"a": "1", "b": "2"})
    api.ok("/v1/topups", TOPUP)
    assert api.delete(one).body == {"id": made["id"], "object": "webhook_endpoint", "deleted": True}
    assert (api.get(one).status, api.read("/v1/webhook_endpoints")["data"], got.empty()) == (404, [], True)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"url": "here"}, "url"),
        ({"enabled_events": ["card.lost"]}, "enabled_events[0]"),
        ({"url": ""}, "url"),
    ],
)
def test_what_an_endpoint_cannot_be(api, change, param) -> None:
    good = {"url": "http://127.0.0.1:9/", "enabled_events": ["*"]}
    assert api.refused("/v1/webhook_endpoints", {**good, **change})["param"] == param


def test_a_connect_endpoint_gets_the_events_of_connected_accounts_only(api, receiver) -> None:
    url, got, _ = receiver
    connected = api.ok("/v1/accounts")["id"]
    api.ok("/v1/webhook_endpoints", {"url": url, "enabled_events": ["topup.created"], "connect": True})
    api.ok("/v1/topups", TOPUP)
    api.with_headers(Stripe_Account=connected).ok("/v1/topups", TOPUP)
    assert json.loads(got.get(timeout=10)[0])["account"] == connected
    assert got.empty()


def test_an_endpoint_gets_events_of_its_own_api_version(api, receiver) -> None:
    url, got, _ = receiver
    wanted = ["issuing_authorization.updated"]
    old = {"url": url, "enabled_events": wanted, "api_version": "2024-12-18.acacia"}
    api.ok("/v1/webhook_endpoints", old)
    api.fund(1_000)
    made = api.purchase(api.card(), 100)
    path = f"/v1/test_helpers/issuing/authorizations/{made['id']}"
    api.ok(f"{path}/expire")
    api.ok(f"{path}/capture")
    events = [json.loads(got.get(timeout=10)[0]) for _ in range(2)]
    told = {event["data"]["object"]["status"]: event for event in events}
    assert told.keys() == {"reversed", "closed"}
    assert {event["api_version"] for event in events} == {"2024-12-18.acacia"}
    assert told["closed"]["data"]["previous_attributes"]["status"] == "reversed"
    assert "second_line" not in told["closed"]["data"]["object"]["card"]
