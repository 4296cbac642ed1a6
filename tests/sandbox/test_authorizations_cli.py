"""What Stripe's command-line client sends when it triggers events of purchases (stripe-cli, pkg/fixtures)."""

import pytest

PERSON = {
    "name": "My Cardholder",
    "type": "individual",
    "individual": {
        "first_name": "My",
        "last_name": "Cardholder",
        "card_issuing": {"user_terms_acceptance": {"date": 1470266163, "ip": "91.121.146.224"}},
    },
}
HOMES = {
    "US": ("usd", None, ("1234 Main Street", "San Francisco", "CA", "94111")),
    "ES": ("eur", "+34666777888", ("P. de la Castellana 43", "Madrid", "Madrid", "28046")),
    "GB": ("gbp", "+447700900000", ("211 Old Street", "London", "London", "EC1V 9NR")),
}
SALE = {"category": "taxicabs_limousines", "city": "San Francisco", "country": "US", "postal_code": "94111"}


def issued(api, country="US", **over):
    currency, phone, lines = HOMES[country]
    address = dict(zip(("line1", "city", "state", "postal_code"), lines, strict=True)) | {"country": country}
    holder = {**PERSON, "billing": {"address": address}, **({"phone_number": phone} if phone else {})}
    made = api.ok("/v1/issuing/cardholders", holder)
    card = {"currency": currency, "type": "virtual", "cardholder": made["id"], **over}
    return api.ok("/v1/issuing/cards", card)


@pytest.mark.parametrize("country", HOMES)
def test_an_authorization_is_requested(start, country):
    api = start(country=country)
    card = issued(api, country, status="active")
    asked = {"held_amount": 100, "held_currency": card["currency"], "authorization_method": "online"}
    api.ok(f"/v1/issuing/cards/{card['id']}/test/authorizations", asked)
    assert len(api.events("issuing_authorization.created")) == 1


def test_an_authorization_is_created_and_updated(api):
    card = issued(api, status="active")
    asked = {"amount": 100, "currency": "usd", "card": card["id"], "merchant_data": SALE}
    made = api.ok("/v1/test_helpers/issuing/authorizations", asked)
    api.ok(f"/v1/issuing/authorizations/{made['id']}", {"metadata": {"order_id": "6735"}})
    assert len(api.events("issuing_authorization.created", "issuing_authorization.updated")) == 2


def test_a_transaction_is_created_and_updated(api):
    card = issued(api)
    asked = {"amount": 100, "currency": "usd", "card": card["id"]}
    made = api.ok("/v1/test_helpers/issuing/transactions/create_force_capture", asked)
    api.ok(f"/v1/issuing/transactions/{made['id']}", {"metadata": {"order_id": "6735"}})
    assert len(api.events("issuing_transaction.created", "issuing_transaction.updated")) == 2


def test_a_receipt_arrives(api):
    card = issued(api, status="active")
    asked = {"amount": 100, "currency": "usd", "card": card["id"], "merchant_data": SALE}
    made = api.ok("/v1/test_helpers/issuing/transactions", asked)
    line = {"description": "Ride from SFO to downtown", "quantity": 1, "unit_cost": 10000}
    api.ok(f"/v1/issuing/transactions/{made['id']}", {"purchase_details": {"receipt": [line]}})
    assert len(api.events("issuing_transaction.purchase_details_receipt_updated")) == 1
