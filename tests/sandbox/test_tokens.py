"""Tokens of digital wallets, ephemeral keys, and settlements."""

import pytest
import stripe

from .uploads import client


def token(api, card=None, **value):
    return api.control("act", {"act": "add_token", "id": (card or api.card())["id"], "value": value})


def test_a_card_in_a_wallet_has_a_token(api) -> None:
    card = api.card()
    made = token(api, card, wallet_provider="google_pay")
    assert (made["card"], made["status"], made["wallet_provider"]) == (card["id"], "active", "google_pay")
    token(api)
    tokens = client(api).v1.issuing.tokens
    assert [one.id for one in tokens.list({"card": card["id"]}).data] == [made["id"]]
    assert tokens.list({"card": card["id"], "status": "suspended"}).data == []
    found = tokens.retrieve(made["id"], {"expand": ["card", "network_data"]})
    assert (found.card.id, found.network_data.type) == (card["id"], "visa")
    assert api.events("issuing_token.created")[-1]["data"]["object"]["id"] == made["id"]


def test_the_list_needs_a_card_that_exists(api) -> None:
    assert api.get("/v1/issuing/tokens").error["code"] == "parameter_missing"
    assert api.get("/v1/issuing/tokens", {"card": "ic_unknown"}).error["code"] == "resource_missing"
    assert api.get("/v1/issuing/tokens/intok_unknown").status == 404


def test_a_token_is_suspended_and_activated_and_deleted_for_good(api) -> None:
    made = token(api, status="requested")
    one = f"/v1/issuing/tokens/{made['id']}"
    api.advance(60)
    for status in ("active", "suspended", "active", "deleted"):
        assert api.ok(one, {"status": status})["status"] == status
    assert api.read(one)["network_updated_at"] >= made["created"] + 60
    assert api.refused(one, {"status": "active"})["param"] == "status"
    assert api.refused(one)["code"] == "parameter_missing"
    assert api.refused(one, {"status": "requested"})["code"] == "parameter_invalid_enum"
    assert len(api.events("issuing_token.updated")) == 4


def test_a_canceled_card_cannot_be_added_to_a_wallet(api) -> None:
    card = api.card()
    api.ok(f"/v1/issuing/cards/{card['id']}", {"status": "canceled"})
    with pytest.raises(Exception, match="400"):
        token(api, card)
    with pytest.raises(Exception, match="400"):
        token(api, wallet_provider="paper")


def test_a_purchase_by_wallet_names_the_token(api) -> None:
    api.fund(1_000)
    card = api.card()
    suspended, made = (token(api, card, status=status)["id"] for status in ("suspended", "active"))
    held = api.purchase(card, 100, wallet="apple_pay")
    assert (held["token"], suspended != made) == (made, True)
    captured = api.ok(f"/v1/test_helpers/issuing/authorizations/{held['id']}/capture", {"expand": ["token"]})
    assert (captured["token"]["id"], captured["transactions"][0]["token"]) == (made, made)
    assert api.purchase(card, 100, wallet="google_pay")["token"] is None
    assert api.purchase(card, 100)["token"] is None


def test_only_an_active_token_can_pay(api) -> None:
    api.fund(1_000)
    card = api.card()
    made = token(api, card)["id"]
    expected = {"suspended": "not_allowed", "active": "card_active", "deleted": "not_allowed"}
    for status, reason in expected.items():
        api.ok(f"/v1/issuing/tokens/{made}", {"status": status})
        asked = api.purchase(card, 100, wallet="apple_pay")
        assert (asked["request_history"][0]["reason"], asked["token"]) == (reason, made)
    assert api.purchase(card, 100)["approved"]


def test_wallets_need_an_agreement_and_the_cardholders_contact(api) -> None:
    def reason(**contact):
        return api.card(cardholder=api.cardholder(**contact)["id"])["wallets"]["apple_pay"][
            "ineligible_reason"
        ]

    everything = {"email": "jenny@example.com", "phone_number": "+18008675309"}
    assert reason(**everything) == "missing_agreement"
    api.control("switches", {"wallets_agreed": True})
    assert reason() == "missing_cardholder_contact"
    assert reason(**everything) is None


def test_an_ephemeral_key_is_for_one_card_and_one_hour(api) -> None:
    card, keys = api.card(), client(api).v1.ephemeral_keys
    made = keys.create({"issuing_card": card["id"]}, {"stripe_version": stripe.api_version})
    assert made.secret.startswith("ek_test_")
    assert made.expires - made.created == 3600
    assert keys.delete(made.id).id == made.id
    with pytest.raises(stripe.InvalidRequestError):
        keys.delete(made.id)
    other = keys.create({"issuing_card": card["id"]}, {"stripe_version": stripe.api_version})
    api.advance(3601)
    assert api.delete(f"/v1/ephemeral_keys/{other.id}").status == 404


def test_what_an_ephemeral_key_needs(api) -> None:
    url, versioned = "/v1/ephemeral_keys", api.with_headers(Stripe_Version=stripe.api_version)
    assert "Stripe-Version" in api.refused(url, {"issuing_card": api.card()["id"]})["message"]
    assert versioned.refused(url)["param"] == "issuing_card"
    assert versioned.refused(url, {"issuing_card": "ic_unknown"})["code"] == "resource_missing"
    assert versioned.refused(url, {"customer": "cus_1"})["code"] == "resource_missing"
    assert versioned.post(url, {"issuing_card": api.card()["id"], "customer": "cus_1"}).status == 400


def test_a_settlement_is_pending_and_then_complete(api) -> None:
    asked = {"bin": "424242", "clearing_date": 1_700_000_000, "currency": "usd", "net_total_amount": 500}
    made = api.ok("/v1/test_helpers/issuing/settlements", asked)
    one = f"/v1/issuing/settlements/{made['id']}"
    assert (made["status"], made["network"], made["net_total_amount"]) == ("pending", "visa", 500)
    assert api.ok(one, {"metadata": {"a": "b"}})["metadata"] == {"a": "b"}
    done = f"/v1/test_helpers/issuing/settlements/{made['id']}/complete"
    assert api.ok(done) == api.read(one)
    assert api.read(one)["status"] == "complete"
    assert api.post(done).status == 400
    assert api.get("/v1/issuing/settlements/ise_unknown").status == 404
    assert api.refused("/v1/test_helpers/issuing/settlements", {"bin": "1"})["code"] == "parameter_missing"
