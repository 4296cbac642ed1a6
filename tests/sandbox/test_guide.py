"""Stripe's B2B payments guide, call by call, spoken with curl as the guide prints it."""

import json
import subprocess
from typing import Any

KEY = "sk_test_BQokikJOvBiI2HlWgH4olfQ2:"


def curl(url: str, *arguments: str) -> dict[str, Any]:
    run = subprocess.run(
        ["curl", "--silent", "--fail-with-body", "--globoff", url, "-u", KEY, *arguments],
        capture_output=True,
        check=True,
    )
    return json.loads(run.stdout)


def test_the_guide(api) -> None:
    topup = curl(
        f"{api.base}/v1/topups",
        *("-d", "destination_balance=issuing", "-d", "amount=2000", "-d", "currency=usd"),
        *("-d", "description=Top-up for Issuing, March 9, 2025", "-d", "statement_descriptor=Top-up"),
    )
    assert (topup["status"], api.issuing()) == ("pending", 0)
    api.advance(5)
    assert api.issuing() == 2000

    holder = curl(
        f"{api.base}/v1/issuing/cardholders",
        *("-d", "name=Company Card", "--data-urlencode", "email=company@example.com"),
        *("--data-urlencode", "phone_number=+18008675309", "-d", "status=active", "-d", "type=company"),
        *("-d", "billing[address][line1]=123 Main Street", "-d", "billing[address][city]=San Francisco"),
        *("-d", "billing[address][state]=CA", "-d", "billing[address][postal_code]=94111"),
        *("-d", "billing[address][country]=US"),
    )
    cards = f"{api.base}/v1/issuing/cards"
    card = curl(cards, "-d", "currency=usd", "-d", "type=virtual", "-d", f"cardholder={holder['id']}")
    assert (card["brand"], card["status"], card["type"]) == ("Visa", "inactive", "virtual")
    assert curl(f"{cards}/{card['id']}", "-d", "status=active")["status"] == "active"

    authorizations = f"{api.base}/v1/test_helpers/issuing/authorizations"
    held = curl(
        authorizations,
        *("-d", f"card={card['id']}", "-d", "amount=1000", "-d", "authorization_method=chip"),
        *("-d", "merchant_data[category]=taxicabs_limousines", "-d", "merchant_data[city]=San Francisco"),
        *("-d", "merchant_data[country]=US", "-d", "merchant_data[name]=Rocket Rides"),
        *("-d", "merchant_data[network_id]=1234567890", "-d", "merchant_data[postal_code]=94107"),
        *("-d", "merchant_data[state]=CA"),
    )
    assert (held["approved"], held["amount"], held["status"]) == (True, 1000, "pending")
    assert (held["transactions"], api.issuing()) == ([], 1000)

    closed = curl(f"{authorizations}/{held['id']}/capture", "-X", "POST")
    assert closed["status"] == "closed"
    assert [transaction["amount"] for transaction in closed["transactions"]] == [-1000]
    assert api.issuing() == 1000

    types = [event["type"] for event in api.events()]
    assert {"issuing_cardholder.created", "issuing_card.created", "topup.succeeded"} <= set(types)
