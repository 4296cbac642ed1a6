"""Purchases that look like fraud: a message to the cardholder, and a second try."""

import pytest

TEST = "/v1/test_helpers/issuing/authorizations"
RISK = {"risk_assessment": {"fraud_risk": {"level": "highest"}}}


@pytest.fixture
def card(api):
    api.control("switches", {"highest_fraud_risk_declines": True})
    api.fund(10_000)
    return api.card(cardholder=api.cardholder(phone_number="+18008675309")["id"])


def reason(authorization):
    return authorization["request_history"][-1]["reason"]


def respond(api, made, *, confirmed):
    return api.ok(f"{TEST}/{made['id']}/fraud_challenges/respond", {"confirmed": confirmed})


@pytest.mark.parametrize(("confirmed", "status"), [(True, "verified"), (False, "rejected")])
def test_it_is_answered_once(api, card, confirmed, status):
    made = api.purchase(card, 100, **RISK)
    assert reason(made) == "suspected_fraud"
    assert made["fraud_challenges"] == [{"channel": "sms", "status": "pending", "undeliverable_reason": None}]
    after = respond(api, made, confirmed=confirmed)
    assert after["fraud_challenges"][0]["status"] == status
    told = api.events("issuing_authorization.updated")[0]["data"]["previous_attributes"]
    assert told == {"fraud_challenges": made["fraud_challenges"]}
    path = f"{TEST}/{made['id']}/fraud_challenges/respond"
    assert "no pending" in api.refused(path, {"confirmed": True})["message"]


def test_the_second_try_passes_once(api, card):
    assert reason(api.purchase(card, 100, **RISK)) == "suspected_fraud"
    respond(api, api.purchase(card, 100, **RISK), confirmed=True)
    again = api.purchase(card, 100, **RISK)
    assert (again["approved"], again["verified_by_fraud_challenge"]) == (True, True)
    assert reason(api.purchase(card, 100, **RISK)) == "suspected_fraud"


def test_it_counts_for_no_other_merchant_or_card(api, card):
    respond(api, api.purchase(card, 100, **RISK), confirmed=True)
    other = api.card(cardholder=card["cardholder"]["id"])
    elsewhere = {"merchant_data": {"network_id": "99", "name": "Elsewhere"}}
    assert reason(api.purchase(other, 100, **RISK)) == "suspected_fraud"
    assert reason(api.purchase(card, 100, **RISK, **elsewhere)) == "suspected_fraud"


def test_a_rejected_purchase_stays_suspected(api, card):
    respond(api, api.purchase(card, 100, **RISK), confirmed=False)
    again = api.purchase(card, 100, **RISK)
    assert (reason(again), again["verified_by_fraud_challenge"]) == ("suspected_fraud", None)


@pytest.mark.usefixtures("card")
def test_without_a_phone_it_cannot_be_delivered(api):
    made = api.purchase(api.card(), 100, **RISK)
    [challenge] = made["fraud_challenges"]
    assert (challenge["status"], challenge["undeliverable_reason"]) == ("undeliverable", "no_phone_number")


def test_a_switch_leaves_it_to_expand(api, card):
    api.control("switches", {"fraud_challenges_shown": False})
    made = api.purchase(card, 100, **RISK)
    assert "fraud_challenges" not in made
    path = f"/v1/issuing/authorizations/{made['id']}"
    assert api.read(path, {"expand": ["fraud_challenges"]})["fraud_challenges"][0]["status"] == "pending"
