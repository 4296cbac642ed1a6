"""Plans ask Stripe for the ids that they write and no list contains, and name those that are not there."""

import json

import pytest
from msgspec.json import encode

from e2e.conftest import BARE_CARD, COMPANY, Desk

READS = dict.fromkeys(("issuing_card", "issuing_cardholder", "account"), "read")
ACCOUNT = '    financial_account: "{}"\n'


def notes(desk: Desk) -> list[tuple[str, str]]:
    """The notes of a plan, with their addresses."""
    found = json.loads(desk.run("plan", "--format", "json").stdout)["notes"]
    return [(note["address"], note["text"]) for note in found]


def requests_of(desk: Desk, part: str) -> int:
    return desk.run("plan", "-v").stderr.count(part)


@pytest.mark.parametrize(
    ("card", "text"),
    [
        (BARE_CARD + ACCOUNT.format("fa_1No"), "financial_account: Stripe has no fa_1No"),
        (BARE_CARD + ACCOUNT.format("../account"), "financial_account: Stripe has no ../account"),
        (BARE_CARD.replace("acme", "ich_1No"), "cardholder: Stripe has no ich_1No"),
        (
            BARE_CARD + "    personalization_design: ipcd_1No\n",
            "personalization_design: Stripe has no ipcd_1No",
        ),
    ],
)
def test_an_id_that_stripe_does_not_have_is_named(desk: Desk, card: str, text: str) -> None:
    desk.write(COMPANY + card)

    assert notes(desk) == [("cards.ads", f"{text}; the change will fail")]


def test_one_request_for_one_id_however_many_cards_have_it(desk: Desk) -> None:
    card = BARE_CARD + ACCOUNT.format("fa_1No")
    desk.write(COMPANY + card + card.replace("\ncards:\n", "").replace("ads:", "more:"))

    [(address, text)] = notes(desk)
    assert (address, "(also in 1 other resource)" in text) == ("cards.ads", True)
    assert requests_of(desk, "/v1/treasury/financial_accounts/fa_1No") == 1


def test_an_id_that_is_there_is_not_mentioned_nor_asked_for_again(desk: Desk) -> None:
    features = {"card_issuing": {"requested": True}}
    made = desk.sdk.v1.treasury.financial_accounts.create(
        {"supported_currencies": ["usd"], "features": features}
    )
    desk.write(COMPANY + BARE_CARD + ACCOUNT.format(made.id))

    assert notes(desk) == []
    assert requests_of(desk, made.id) == 1
    desk.run("apply", "--auto-approve")
    assert requests_of(desk, made.id) == 0
    assert desk.live()["cards.ads"]["financial_account"] == made.id


def test_a_cardholder_that_the_plan_has_listed_needs_no_request(desk: Desk) -> None:
    desk.write(COMPANY)
    desk.run("apply", "--auto-approve")
    identity = desk.live("cardholders")["cardholders.acme"]["id"]
    desk.write(BARE_CARD.replace("acme", identity), project="other")

    assert notes(desk) == []
    assert requests_of(desk, identity) == 0


def test_a_key_that_may_not_read_it_still_plans(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.control("keys", encode({"key": "rk_test_canary", "permissions": READS}))
    monkeypatch.setenv("STRIPE_API_KEY", "rk_test_canary")
    desk.write(COMPANY + BARE_CARD + ACCOUNT.format("fa_1No"))

    [(address, text)] = notes(desk)

    assert address == "cards.ads"
    assert "fa_1No was not checked" in text
    assert "rak_treasury_financial_account_read" in text


def test_the_first_twenty_ids_are_checked_and_the_others_counted(desk: Desk) -> None:
    card = BARE_CARD.replace("\ncards:\n", "")
    cards = [card.replace("ads:", f"ads-{n}:") + ACCOUNT.format(f"fa_{n}") for n in range(22)]
    desk.write(COMPANY + "cards:\n" + "".join(cards))

    assert len(notes(desk)) == 21
    assert notes(desk)[-1] == ("", "2 more ids in the changes were not checked")
