"""Authorizations as objects: what they show, how they are listed, changed and told."""

import json
from pathlib import Path

import pytest

from provisioner.sandbox.rules.common.currencies import CODES, converted

AUTHORIZATIONS = "/v1/issuing/authorizations"
TEST = "/v1/test_helpers/issuing/authorizations"
SAMPLES = json.loads((Path(__file__).parent / "data" / "stripe_samples.json").read_text())


@pytest.fixture
def card(api):
    api.fund(100_000)
    return api.card()


def test_it_has_all_that_stripes_sample_has(api, card):
    made = api.purchase(card, 1_000)
    sample = SAMPLES.get("resources", SAMPLES)["issuing.authorization"]
    assert sample.keys() <= made.keys()
    assert sample["merchant_data"].keys() == made["merchant_data"].keys()
    assert sample["verification_data"].keys() == made["verification_data"].keys()
    assert not [name for name in made if name.startswith("_")]


def test_an_approved_one_is_pending_and_held(api, card):
    made = api.purchase(card, 1_000)
    assert (made["approved"], made["status"], made["amount"]) == (True, "pending", 1_000)
    assert (made["merchant_amount"], made["merchant_currency"], made["currency"]) == (1_000, "usd", "usd")
    assert (made["card"]["id"], made["cardholder"]) == (card["id"], card["cardholder"]["id"])
    assert made["pending_request"] is None
    [hold] = made["balance_transactions"]
    assert (hold["type"], hold["amount"], hold["source"]) == (
        "issuing_authorization_hold",
        -1_000,
        made["id"],
    )
    assert made["request_history"][0]["authorization_code"].startswith("S")
    assert api.issuing() == 99_000


def test_a_declined_one_is_closed_and_costs_nothing(api, card):
    made = api.purchase(card, 50_001)
    assert (made["approved"], made["status"], made["amount"]) == (False, "closed", 50_001)
    assert made["balance_transactions"] == []
    assert made["request_history"][0]["authorization_code"] is None
    assert api.issuing() == 100_000
    assert [event["data"]["object"]["id"] for event in api.events("issuing_authorization.created")] == [
        made["id"]
    ]


def test_what_the_request_says_is_shown(api, card):
    made = api.ok(
        TEST,
        {
            "card": card["id"],
            "amount": 5_000,
            "amount_details": {"atm_fee": 100},
            "authorization_method": "contactless",
            "fleet": {"cardholder_prompt_data": {"odometer": 12}, "purchase_type": "fuel_purchase"},
            "fuel": {"type": "diesel", "unit": "liter", "unit_cost_decimal": "150.5"},
            "merchant_data": {"category": "bakeries", "country": "fr", "name": "Pain", "terminal_id": "7"},
            "network_data": {"acquiring_institution_id": "123"},
            "verification_data": {"cvc_check": "mismatch", "three_d_secure": {"result": "authenticated"}},
            "wallet": "apple_pay",
        },
    )
    merchant = made["merchant_data"]
    assert (merchant["category_code"], merchant["country"], merchant["city"]) == ("5462", "FR", None)
    assert (merchant["name"], merchant["terminal_id"]) == ("Pain", "7")
    assert (made["card_presence"], made["wallet"]) == ("present", "apple_pay")
    assert made["amount_details"] == {"atm_fee": 100, "cashback_amount": None}
    assert made["fleet"]["cardholder_prompt_data"]["odometer"] == 12
    assert made["fuel"]["unit_cost_decimal"] == "150.5"
    assert made["network_data"]["acquiring_institution_id"] == "123"
    assert made["verification_data"]["cvc_check"] == "mismatch"
    assert made["verification_data"]["three_d_secure"] == {"result": "authenticated"}


def test_an_amount_in_another_currency_is_converted(api, card):
    made = api.ok(TEST, {"card": card["id"], "merchant_amount": 1_000, "merchant_currency": "eur"})
    assert (made["amount"], made["currency"]) == (1_100, "usd")
    assert (made["merchant_amount"], made["merchant_currency"]) == (1_000, "eur")
    taken = api.ok(f"{TEST}/{made['id']}/capture", {"capture_amount": 550})
    assert (taken["transactions"][0]["amount"], taken["transactions"][0]["merchant_amount"]) == (-550, -500)


@pytest.mark.parametrize(
    ("currency", "asked", "amount"), [("jpy", 10_000, 6_800), ("kwd", 1_000, 326), ("inr", 10_000, 115)]
)
def test_merchants_have_every_currency(api, card, currency, asked, amount):
    made = api.ok(TEST, {"card": card["id"], "merchant_amount": asked, "merchant_currency": currency})
    assert (made["amount"], made["merchant_amount"], made["merchant_currency"]) == (amount, asked, currency)


def test_every_currency_has_a_rate():
    assert {converted(10**9, code, "usd") > 0 for code in CODES} == {True}


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 1, "currency": "eur"}, "currency"),
        ({"amount": 1, "merchant_currency": "zzz"}, "merchant_currency"),
        ({"amount": 1, "merchant_data": {"country": "Narnia"}}, "merchant_data[country]"),
        ({"amount": 1, "merchant_data": {"category": "dragons"}}, "merchant_data[category]"),
        ({"amount": 1, "card": "ic_none"}, "card"),
        ({"amount": 1, "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_is_refused(api, card, params, param):
    assert api.refused(TEST, {"card": card["id"], **params})["param"] == param
    assert api.read(AUTHORIZATIONS)["data"] == []


def test_lists_are_narrowed(api, card):
    other = api.card()
    first = api.purchase(card, 100)
    second = api.purchase(card, 99_999)
    third = api.purchase(other, 100)

    def found(**filters):
        return [one["id"] for one in api.read(AUTHORIZATIONS, filters)["data"]]

    assert found() == [third["id"], second["id"], first["id"]]
    assert found(card=card["id"]) == [second["id"], first["id"]]
    assert found(cardholder=other["cardholder"]["id"]) == [third["id"]]
    assert found(status="closed", card=card["id"]) == [second["id"]]
    assert found(created={"gt": third["created"]}) == []
    assert found(status="pending", limit=1) == [third["id"]]


def test_only_metadata_can_be_changed(api, card):
    made = api.purchase(card, 100)
    changed = api.ok(f"{AUTHORIZATIONS}/{made['id']}", {"metadata": {"order_id": "6735"}})
    assert changed["metadata"] == {"order_id": "6735"}
    assert api.events("issuing_authorization.updated")[0]["data"]["previous_attributes"] == {
        "metadata": {"order_id": None}
    }
    assert api.refused(f"{AUTHORIZATIONS}/{made['id']}", {"amount": 5})["code"] == "parameter_unknown"


@pytest.mark.parametrize("verb", ["approve", "decline"])
def test_it_is_decided_by_the_time_it_is_there(api, card, verb):
    made = api.purchase(card, 100)
    assert "already been decided" in api.refused(f"{AUTHORIZATIONS}/{made['id']}/{verb}")["message"]
    assert api.refused(f"{AUTHORIZATIONS}/iauth_none/{verb}", status=404)["code"] == "resource_missing"


def test_the_path_of_stripes_command_line(api, card):
    made = api.ok(
        f"/v1/issuing/cards/{card['id']}/test/authorizations",
        {"held_amount": 100, "held_currency": "usd", "authorization_method": "online"},
    )
    assert (made["approved"], made["amount"]) == (True, 100)


def test_related_objects_are_expanded(api, card):
    made = api.purchase(card, 100)
    path = f"{AUTHORIZATIONS}/{made['id']}"
    assert api.read(path, {"expand": ["cardholder"]})["cardholder"] == card["cardholder"]
    taken = api.ok(f"{TEST}/{made['id']}/capture", {"expand": ["transactions.balance_transaction"]})
    assert taken["transactions"][0]["balance_transaction"]["amount"] == -100


def test_a_card_cancels_itself_after_its_payments(api):
    api.fund(1_000)
    card = api.card(lifecycle_controls={"cancel_after": {"payment_count": 2}})
    api.purchase(card, 0)
    assert api.purchase(card, 9_999)["approved"] is False
    for status in ("active", "canceled"):
        assert api.purchase(card, 100)["approved"]
        assert api.read(f"/v1/issuing/cards/{card['id']}")["status"] == status
    assert api.purchase(card, 100)["request_history"][0]["reason"] == "card_canceled"


def test_small_purchases_may_count_only_when_they_are_captured(api):
    api.control("switches", {"small_purchases_count": False})
    api.fund(1_000)
    card = api.card(lifecycle_controls={"cancel_after": {"payment_count": 2}})
    path = f"/v1/issuing/cards/{card['id']}"
    small, other = api.purchase(card, 100), api.purchase(card, 1)
    assert (small["approved"], other["approved"]) == (True, True)
    assert api.purchase(card, 100)["request_history"][0]["reason"] == "not_allowed"
    api.ok(f"{TEST}/{small['id']}/capture", {"close_authorization": False})
    api.ok(f"{TEST}/{small['id']}/capture", {"capture_amount": 5})
    assert (api.read(path)["status"], api.purchase(card, 0)["approved"]) == ("active", True)
    assert api.purchase(card, 101)["approved"]
    assert api.read(path)["status"] == "canceled"


def test_a_capture_of_a_declined_purchase_counts_as_a_payment(api, card):
    card = api.card(lifecycle_controls={"cancel_after": {"payment_count": 1}})
    declined = api.purchase(card, 60_000)
    assert api.read(f"/v1/issuing/cards/{card['id']}")["status"] == "active"
    api.ok(f"{TEST}/{declined['id']}/capture", {"capture_amount": 10})
    assert api.read(f"/v1/issuing/cards/{card['id']}")["status"] == "canceled"


@pytest.mark.parametrize("reason", ["insecure_authorization_method", "stripe_internal_error", "not_allowed"])
def test_a_test_decides_the_next_request_of_a_card(api, card, reason):
    api.control("act", {"act": "decide_next_authorization", "id": card["id"], "value": reason})
    made = api.purchase(card, 100)
    assert (made["approved"], made["request_history"][0]["reason"]) == (False, reason)
    assert api.purchase(card, 100)["approved"] is True


def test_the_network_approves_without_stripe(api, card):
    value = {"reason": "network_fallback", "approved": True}
    api.control("act", {"act": "decide_next_authorization", "id": card["id"], "value": value})
    made = api.purchase(card, 100)
    assert (made["approved"], made["request_history"][0]["reason"]) == (True, "network_fallback")
    assert api.issuing() == 99_900


def test_a_fuel_dispenser_asks_for_a_dollar_and_holds_a_hundred(api, card):
    fuel = {"merchant_data": {"category": "automated_fuel_dispensers", "country": "US"}}
    api.ok(f"/v1/issuing/cards/{card['id']}", {"spending_controls": {"spending_limits": ""}})
    made = api.purchase(card, 100, **fuel)
    assert (made["amount"], made["merchant_amount"], api.issuing()) == (10_000, 100, 90_000)
    final = api.ok(f"{TEST}/{made['id']}/finalize_amount", {"final_amount": 4_230})
    assert (final["amount"], final["merchant_amount"], api.issuing()) == (4_230, 4_230, 95_770)
    assert api.purchase(card, 500, **fuel)["amount"] == 500
    api.control("switches", {"fuel_check_holds_default": False})
    assert api.purchase(card, 100, **fuel)["amount"] == 100
