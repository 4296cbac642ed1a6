"""The account's own webhook decides purchases while they are made."""

import json
import threading

import pytest
import stripe
from support.loopback import Quiet, serving

from provisioner.sandbox.rules.purchases import authorization_realtime

VERSION = {"Stripe-Version": "2026-10-28.endive"}
TEST = "/v1/test_helpers/issuing/authorizations"


class Listener:
    """A webhook endpoint whose answer can be set; it keeps what it was asked."""

    def __init__(self):
        self.asked = []
        self.status, self.headers, self.body = 200, VERSION, {"approved": True}
        self.gate = None
        listener = self

        class Handler(Quiet):
            def do_POST(self):  # noqa: N802 - http.server's name
                listener.asked.append((self.sent().decode(), self.headers["stripe-signature"]))
                if listener.gate is not None:
                    listener.gate.wait(10)
                answer = (
                    listener.body if isinstance(listener.body, bytes) else json.dumps(listener.body).encode()
                )
                self.reply(listener.status, answer, **listener.headers)

        self.handler = Handler
        self.url = ""


@pytest.fixture
def listener():
    one = Listener()
    with serving(one.handler) as base:
        one.url = f"{base}/"
        yield one
        if one.gate is not None:
            one.gate.set()


@pytest.fixture
def endpoint(api, listener):
    wanted = {"url": listener.url, "enabled_events": ["issuing_authorization.request"]}
    return api.ok("/v1/webhook_endpoints", wanted)


@pytest.fixture
def card(api, endpoint):
    assert endpoint["status"] == "enabled"
    api.fund(100_000)
    return api.card()


def reason(authorization):
    return authorization["request_history"][-1]["reason"]


def test_it_is_asked_and_approves(api, endpoint, card, listener):
    listener.body = {"approved": True, "metadata": {"budget": "ads"}}
    made = api.purchase(card, 700)
    assert (made["approved"], reason(made), made["metadata"]) == (True, "webhook_approved", {"budget": "ads"})
    [(body, signature)] = listener.asked
    event = stripe.Webhook.construct_event(body, signature, endpoint["secret"])
    asked = event.data.object
    assert (event.type, asked.id, asked.amount) == ("issuing_authorization.request", made["id"], 0)
    assert (asked.pending_request.amount, asked.pending_request.is_amount_controllable) == (700, False)
    assert asked.approved is False
    assert api.events("issuing_authorization.request")[0]["id"] == event.id
    assert api.issuing() == 99_300


def test_it_declines(api, card, listener):
    listener.body = {"approved": False}
    made = api.purchase(card, 700)
    assert (made["approved"], made["status"], reason(made)) == (False, "closed", "webhook_declined")
    assert api.issuing() == 100_000


def test_it_holds_less(api, card, listener):
    listener.body = {"approved": True, "amount": 300}
    made = api.purchase(card, 700, is_amount_controllable=True)
    assert (made["amount"], made["merchant_amount"], reason(made)) == (300, 300, "webhook_approved")
    assert api.issuing() == 99_700


def test_an_amount_that_cannot_be_controlled_is_ignored(api, card, listener):
    listener.body = {"approved": True, "amount": 300}
    made = api.purchase(card, 700)
    assert (made["amount"], reason(made)) == (700, "webhook_approved")


@pytest.mark.parametrize(("amount", "approved"), [(199, False), (200, True)])
def test_cashback_is_approved_in_full_or_not_at_all(api, card, listener, amount, approved):
    listener.body = {"approved": True, "amount": amount}
    more = {"is_amount_controllable": True, "amount_details": {"cashback_amount": 200}}
    made = api.purchase(card, 700, **more)
    assert (made["approved"], made["amount"]) == (approved, amount if approved else 700)
    assert reason(made) == ("webhook_approved" if approved else "webhook_error")


@pytest.mark.parametrize("amount", [0, -1, 701, "300", True])
def test_it_cannot_hold_what_was_not_asked_for(api, card, listener, amount):
    listener.body = {"approved": True, "amount": amount}
    made = api.purchase(card, 700, is_amount_controllable=True)
    assert (made["approved"], reason(made)) == (False, "webhook_error")


def test_it_is_asked_about_increments(api, card, listener):
    made = api.purchase(card, 700)
    listener.body = {"approved": False}
    after = api.ok(f"{TEST}/{made['id']}/increment", {"increment_amount": 50})
    assert (after["amount"], reason(after)) == (700, "webhook_declined")
    asked = json.loads(listener.asked[-1][0])["data"]["object"]
    assert (asked["id"], asked["amount"], asked["pending_request"]["amount"]) == (made["id"], 700, 50)


def test_it_is_not_asked_what_stripe_declines_anyway(api, card, listener):
    assert reason(api.purchase(card, 50_001)) == "spending_controls"
    api.ok(f"/v1/issuing/cards/{card['id']}", {"status": "inactive"})
    assert reason(api.purchase(card, 1)) == "card_inactive"
    assert api.refused(TEST, {"card": "ic_none", "amount": 1})["param"] == "card"
    assert listener.asked == []


def test_it_is_not_asked_twice_about_one_request(api, card, listener):
    params = {"card": card["id"], "amount": 700}
    first = api.post(TEST, params, key="purchase-1")
    again = api.post(TEST, params, key="purchase-1")
    assert again.body == first.body
    assert len(listener.asked) == 1


def test_a_general_or_disabled_endpoint_is_not_asked(api, endpoint, card, listener):
    api.ok(f"/v1/webhook_endpoints/{endpoint['id']}", {"disabled": True})
    assert reason(api.purchase(card, 1)) == "card_active"
    api.ok(f"/v1/webhook_endpoints/{endpoint['id']}", {"disabled": False, "enabled_events": ["*"]})
    assert reason(api.purchase(card, 1)) == "card_active"
    assert not any(json.loads(body)["type"].endswith(".request") for body, _ in listener.asked)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500},
        {"headers": {}},
        {"body": b"yes"},
        {"body": {"approve": True}},
        {"body": {"approved": "true"}},
        {"headers": {"Stripe-Version": "newest"}},
        {"headers": {**VERSION, "Content-Type": "text/plain"}},
        {"body": {"approved": True, "metadata": {"a": 1}}},
        {"body": {"approved": False, "send_fraud_challenges": ["email"]}},
    ],
    ids=str,
)
@pytest.mark.parametrize("approves", [False, True])
def test_a_bad_answer_leaves_it_to_the_accounts_choice(api, card, listener, answer, approves):
    api.control("switches", {"webhook_failure_approves": approves})
    for name, value in answer.items():
        setattr(listener, name, value)
    made = api.purchase(card, 700)
    assert (made["approved"], reason(made)) == (approves, "webhook_error")
    assert made["request_history"][0]["reason_message"]


def test_nobody_there(api, card, endpoint):
    api.ok(f"/v1/webhook_endpoints/{endpoint['id']}", {"url": "http://127.0.0.1:1/"})
    assert reason(api.purchase(card, 700)) == "webhook_error"


def test_no_answer_in_time(api, card, listener, monkeypatch):
    monkeypatch.setattr(authorization_realtime, "PATIENCE", 0.05)
    listener.gate = threading.Event()
    made = api.purchase(card, 700)
    assert (made["approved"], reason(made)) == (False, "webhook_timeout")
