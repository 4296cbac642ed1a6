"""An account's handler uses the API while Stripe waits for its answer."""

import json

import pytest
import stripe
from support.loopback import Quiet, serving

REQUEST = "issuing_authorization.request"
AUTHORIZATIONS = "/v1/issuing/authorizations"
TEST = "/v1/test_helpers/issuing/authorizations"


@pytest.fixture
def handled(api):
    """`handled(work)`: a card whose purchases `work(asked)` decides; what it returns is the answer."""
    stack = []

    def begin(work):
        class Handler(Quiet):
            def do_POST(self):  # noqa: N802 - http.server's name
                answer = work(json.loads(self.sent())["data"]["object"])
                version = {"Stripe-Version": stripe.api_version, "Content-Type": "application/json"}
                self.reply(200, json.dumps(answer).encode(), **version)

        serves = serving(Handler)
        stack.append(serves)
        url = f"{serves.__enter__()}/"
        api.ok("/v1/webhook_endpoints", {"url": url, "enabled_events": [REQUEST]})
        api.fund(100_000)
        return api.card()

    yield begin
    for serves in stack:
        serves.__exit__(None, None, None)


def reason(authorization):
    return authorization["request_history"][-1]["reason"]


class SdkHandler(Quiet):
    """What an account writes: half of what is asked, on cards that allow a part."""

    client: stripe.StripeClient
    secret: str

    def do_POST(self):  # noqa: N802 - http.server's name
        event = self.client.construct_event(self.sent(), self.headers["Stripe-Signature"], self.secret)
        authorization = self.client.v1.issuing.authorizations.retrieve(event.data.object.id)
        card = self.client.v1.issuing.cards.retrieve(authorization.card.id)
        asked = authorization.pending_request
        if card.metadata["policy"] == "half" and asked.is_amount_controllable:
            half = {"amount": asked.amount // 2, "metadata": {"policy": "half"}}
            self.client.v1.issuing.authorizations.approve(authorization.id, half)
        else:
            self.client.v1.issuing.authorizations.decline(authorization.id)
        self.reply(200, b"{}")


@pytest.mark.parametrize(("policy", "amount"), [("half", 350), ("none", 0)])
def test_a_handler_with_the_official_sdk(api, policy, amount):
    with serving(SdkHandler) as url:
        endpoint = {"url": f"{url}/", "enabled_events": [REQUEST]}
        SdkHandler.secret = api.ok("/v1/webhook_endpoints", endpoint)["secret"]
        SdkHandler.client = client = stripe.StripeClient(api.key, base_addresses={"api": api.base})
        api.fund(1_000)
        card = api.card(metadata={"policy": policy})
        params = {"card": card["id"], "amount": 700, "is_amount_controllable": True}
        made = client.v1.test_helpers.issuing.authorizations.create(params)
    assert (made.approved, made.status) == (bool(amount), "pending" if amount else "closed")
    assert made.amount == (amount or 700)
    assert made.request_history[0].reason == ("webhook_approved" if amount else "webhook_declined")
    assert api.issuing() == 1_000 - amount


def test_the_authorization_is_there_while_it_is_decided(api, handled):
    seen = []

    def work(asked):
        one = api.read(f"{AUTHORIZATIONS}/{asked['id']}")
        listed = api.read(AUTHORIZATIONS, {"status": "pending"})["data"]
        seen.append((one == asked, [other["id"] for other in listed] == [asked["id"]]))
        changed = api.ok(f"{AUTHORIZATIONS}/{asked['id']}", {"metadata": {"seen": "yes"}})
        assert changed["pending_request"]["amount"] == 700
        assert "still being decided" in api.refused(f"{TEST}/{asked['id']}/capture")["message"]
        assert "still being decided" in api.refused(f"{TEST}/{asked['id']}/expire")["message"]
        assert api.events("issuing_authorization.created") == []
        return {"approved": True, "metadata": {"order": "1"}}

    made = api.purchase(handled(work), 700)
    assert seen == [(True, True)]
    assert (made["approved"], made["pending_request"]) == (True, None)
    assert made["metadata"] == {"seen": "yes", "order": "1"}
    [created] = api.events("issuing_authorization.created")
    assert created["data"]["object"] == made


@pytest.mark.parametrize(("call", "approved"), [("approve", True), ("decline", False)])
def test_the_call_wins_over_the_answer(api, handled, call, approved):
    def work(asked):
        decided = api.ok(f"{AUTHORIZATIONS}/{asked['id']}/{call}", {"metadata": {"by": "call"}})
        assert (decided["approved"], decided["pending_request"]) == (approved, None)
        assert "already been decided" in api.refused(f"{AUTHORIZATIONS}/{asked['id']}/{call}")["message"]
        return {"approved": not approved, "metadata": {"by": "answer"}}

    made = api.purchase(handled(work), 700)
    assert (made["approved"], reason(made)) == (approved, f"webhook_{call}{'d' if call[-1] == 'e' else ''}")
    assert (made["metadata"], len(made["request_history"])) == ({"by": "call"}, 1)
    assert api.issuing() == (99_300 if approved else 100_000)
    assert len(api.events("issuing_authorization.created")) == 1


@pytest.mark.parametrize("amount", [0, -5, 701, 199])
def test_a_call_cannot_approve_such_a_part(api, handled, amount):
    def work(asked):
        refused = api.refused(f"{AUTHORIZATIONS}/{asked['id']}/approve", {"amount": amount})
        assert refused["param"] == "amount"
        return {"approved": False}

    more = {"is_amount_controllable": True, "amount_details": {"cashback_amount": 200}}
    assert reason(api.purchase(handled(work), 700, **more)) == "webhook_declined"


def test_a_call_cannot_control_what_the_merchant_does_not_let_be_controlled(api, handled):
    def work(asked):
        api.ok(f"{AUTHORIZATIONS}/{asked['id']}/approve", {"amount": 300})
        return {"approved": False}

    assert api.purchase(handled(work), 700)["amount"] == 700


def test_an_increment_is_decided_by_a_call(api, handled):
    def work(asked):
        api.ok(f"{AUTHORIZATIONS}/{asked['id']}/approve")
        return {}

    made = api.purchase(handled(work), 700)
    more = api.ok(f"{TEST}/{made['id']}/increment", {"increment_amount": 50})
    assert (more["amount"], [one["amount"] for one in more["request_history"]]) == (750, [700, 50])
    assert (more["pending_request"], api.issuing()) == (None, 99_250)


def test_what_changed_meanwhile_counts(api, handled):
    def work(asked):
        api.ok(f"/v1/issuing/cards/{asked['card']['id']}", {"status": "inactive"})
        return {"approved": True}

    assert reason(api.purchase(handled(work), 700)) == "card_inactive"


def test_an_answer_that_comes_after_the_time_is_up_is_too_late(api, handled):
    def work(_asked):
        api.advance(60)
        return {"approved": True}

    made = api.purchase(handled(work), 700)
    assert (made["approved"], reason(made)) == (False, "webhook_timeout")
    assert api.issuing() == 100_000


@pytest.mark.parametrize("effect", ["500_began", "unwritten"])
def test_a_fault_that_writes_nothing_asks_nobody(api, handled, effect):
    asked = []
    card = handled(lambda one: asked.append(one) or {"approved": True})
    api.control("faults", {"faults": [{"effect": effect, "match": f"POST {TEST}"}]})
    api.post(TEST, {"card": card["id"], "amount": 1})
    assert (asked, api.read(AUTHORIZATIONS)["data"]) == ([], [])


def test_a_challenge_that_the_handler_sends(api, handled):
    answers = [{"approved": False, "send_fraud_challenges": ["sms"]}, {"approved": True}]
    asked = []
    card = handled(lambda one: asked.append(one) or answers[len(asked) - 1])
    api.ok(f"/v1/issuing/cardholders/{card['cardholder']['id']}", {"phone_number": "+18008675309"})
    made = api.purchase(card, 700)
    assert (reason(made), made["fraud_challenges"][0]["status"]) == ("webhook_declined", "pending")
    after = api.ok(f"{TEST}/{made['id']}/fraud_challenges/respond", {"confirmed": True})
    assert after["fraud_challenges"][0]["status"] == "verified"
    again = api.purchase(card, 700)
    assert (again["approved"], again["verified_by_fraud_challenge"]) == (True, True)
    assert [one["verified_by_fraud_challenge"] for one in asked] == [None, True]
