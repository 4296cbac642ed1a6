"""Funding by bank transfer, in the UK and the euro area."""

import pytest

URL = "/v1/issuing/funding_instructions"
FUND = "/v1/test_helpers/issuing/fund_balance"
KINDS = {"GB": ("gbp", "gb_bank_transfer"), "DE": ("eur", "eu_bank_transfer")}


def asked(country):
    currency, kind = KINDS[country]
    return {"currency": currency, "funding_type": "bank_transfer", "bank_transfer": {"type": kind}}


@pytest.mark.parametrize("country", KINDS)
def test_the_same_instructions_every_time(start, country):
    api = start(country=country)
    assert api.read(URL)["data"] == []
    told = api.ok(URL, asked(country))
    assert api.ok(URL, asked(country)) == told
    assert api.read(URL)["data"] == [told]
    assert (told["object"], told["currency"]) == ("funding_instructions", KINDS[country][0])
    assert told["bank_transfer"]["type"] == KINDS[country][1]
    [address] = told["bank_transfer"]["financial_addresses"]
    assert address[address["type"]]["account_holder_name"].startswith("Stripe")


@pytest.mark.parametrize("country", KINDS)
def test_a_transfer_arrives_and_can_be_spent(start, country):
    api, currency = start(country=country), KINDS[country][0]
    told = api.ok(FUND, {"amount": 5_000, "currency": currency})
    assert told == api.ok(URL, asked(country))
    assert api.issuing(currency) == 5_000
    [entry] = api.read("/v1/balance_transactions")["data"]
    assert (entry["type"], entry["amount"], entry["currency"]) == ("topup", 5_000, currency)
    card = api.card(currency=currency, cardholder=api.cardholder(phone_number="+447700900000")["id"])
    assert api.purchase(card, 5_000)["approved"]
    assert api.issuing(currency) == 0


def test_money_cannot_be_pulled(start):
    api = start(country="DE")
    topup = {"amount": 100, "currency": "eur", "destination_balance": "issuing"}
    assert api.refused("/v1/topups", topup)["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("path", "params"),
    [(URL, asked("GB")), (FUND, {"amount": 1, "currency": "usd"})],
)
def test_the_us_has_none(api, path, params):
    assert api.refused(path, params)["message"] == "A Funding Instruction is not currently supported for US."
    assert "not currently supported" in api.get(URL).error["message"]


@pytest.mark.parametrize(
    ("path", "params", "param"),
    [
        (URL, {**asked("GB"), "currency": "eur"}, "currency"),
        (URL, {**asked("GB"), "bank_transfer": {"type": "eu_bank_transfer"}}, "bank_transfer[type]"),
        (URL, {"currency": "gbp", "funding_type": "bank_transfer"}, "bank_transfer"),
        (FUND, {"amount": 0, "currency": "gbp"}, "amount"),
        (FUND, {"amount": 1, "currency": "usd"}, "currency"),
    ],
)
def test_what_cannot_be_is_refused(start, path, params, param):
    assert start(country="GB").refused(path, params)["param"] == param
