"""Transactions: captures without authorization, refunds, their lists and their balance transactions."""

import json
from pathlib import Path

import pytest

TRANSACTIONS = "/v1/issuing/transactions"
TEST = "/v1/test_helpers/issuing/transactions"
SAMPLES = json.loads((Path(__file__).parent / "data" / "stripe_samples.json").read_text())


@pytest.fixture
def card(api):
    api.fund(100_000)
    return api.card()


def captured(api, card, amount):
    made = api.purchase(card, amount)
    done = api.ok(f"/v1/test_helpers/issuing/authorizations/{made['id']}/capture")
    return done["transactions"][0]


def test_it_has_all_that_stripes_sample_has(api, card):
    made = captured(api, card, 500)
    sample = SAMPLES.get("resources", SAMPLES)["issuing.transaction"]
    assert sample.keys() <= made.keys()
    assert made["network_data"]["authorization_code"].startswith("S")
    assert not [name for name in made if name.startswith("_")]
    assert api.read(f"{TRANSACTIONS}/{made['id']}") == made
    assert api.events("issuing_transaction.created")[0]["data"]["object"] == made


def test_a_forced_capture_needs_nothing(api):
    card = api.card(status="inactive")
    made = api.ok(f"{TEST}/create_force_capture", {"card": card["id"], "amount": 100, "currency": "usd"})
    assert (made["type"], made["amount"], made["authorization"]) == ("capture", -100, None)
    assert api.issuing() == -100
    assert api.ok(TEST, {"card": card["id"], "amount": 50})["amount"] == -50


def test_a_refund_of_nothing_bought(api, card):
    made = api.ok(f"{TEST}/create_unlinked_refund", {"card": card["id"], "amount": 700})
    assert (made["type"], made["amount"], made["authorization"]) == ("refund", 700, None)
    assert api.issuing() == 100_700


def test_refunds_up_to_what_was_taken(api, card):
    bought = captured(api, card, 1_000)
    path = f"{TEST}/{bought['id']}/refund"
    part = api.ok(path, {"refund_amount": 400})
    assert (part["type"], part["amount"], part["merchant_amount"]) == ("refund", 400, 400)
    assert part["authorization"] == bought["authorization"]
    assert api.refused(path, {"refund_amount": 601})["param"] == "refund_amount"
    assert api.ok(path)["amount"] == 600
    assert "already been refunded in full" in api.refused(path)["message"]
    assert "cannot be refunded" in api.refused(f"{TEST}/{part['id']}/refund")["message"]
    assert api.issuing() == 100_000
    authorization = api.read(f"/v1/issuing/authorizations/{bought['authorization']}")
    assert [one["amount"] for one in authorization["transactions"]] == [-1_000, 400, 600]


@pytest.mark.parametrize("path", [f"{TEST}/create_force_capture", f"{TEST}/create_unlinked_refund"])
@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": 1, "currency": "eur"}, "currency"),
        ({"amount": 1, "card": "ic_none"}, "card"),
        ({}, "amount"),
    ],
)
def test_what_cannot_be_is_refused(api, card, path, params, param):
    assert api.refused(path, {"card": card["id"], **params})["param"] == param


def test_lists_are_narrowed(api, card):
    other = api.card()
    first = captured(api, card, 100)
    second = api.ok(f"{TEST}/{first['id']}/refund")
    third = api.ok(f"{TEST}/create_force_capture", {"card": other["id"], "amount": 5})

    def found(**filters):
        return [one["id"] for one in api.read(TRANSACTIONS, filters)["data"]]

    assert found() == [third["id"], second["id"], first["id"]]
    assert found(card=card["id"]) == [second["id"], first["id"]]
    assert found(cardholder=other["cardholder"]["id"]) == [third["id"]]
    assert found(type="refund") == [second["id"]]
    assert found(type="capture", created={"lte": first["created"]})[-1] == first["id"]


def test_metadata_and_the_receipt_can_be_changed(api, card):
    made = captured(api, card, 100)
    path = f"{TRANSACTIONS}/{made['id']}"
    assert api.ok(path, {"metadata": {"order_id": "6735"}})["metadata"] == {"order_id": "6735"}
    assert api.events("issuing_transaction.updated")[0]["data"]["previous_attributes"] == {
        "metadata": {"order_id": None}
    }
    line = {"description": "Ride", "quantity": 1, "unit_cost": 10_000}
    api.ok(path, {"purchase_details": {"receipt": [line]}})
    [event] = api.events("issuing_transaction.purchase_details_receipt_updated")
    assert event["data"]["object"]["purchase_details"]["receipt"] == [
        {**line, "quantity": 1.0, "total": None}
    ]
    assert api.refused(path, {"amount": 5})["code"] == "parameter_unknown"


def test_related_objects_are_expanded(api, card):
    made = captured(api, card, 100)
    fields = ["authorization", "balance_transaction", "card", "cardholder"]
    shown = api.read(f"{TRANSACTIONS}/{made['id']}", {"expand": fields})
    assert [shown[field]["id"] for field in fields] == [made[field] for field in fields]
    listed = api.read(TRANSACTIONS, {"expand": ["data.card"]})["data"]
    assert listed[0]["card"]["id"] == card["id"]
