"""Top-ups, and the balances that they fund."""

import pytest

TOPUP = {"amount": 2000, "currency": "usd", "destination_balance": "issuing"}


def payments(api) -> int:
    return api.read("/v1/balance")["available"][0]["amount"]


def test_it_is_pending_until_it_settles(api) -> None:
    topup = api.ok("/v1/topups", TOPUP)
    assert (topup["status"], topup["balance_transaction"]) == ("pending", None)
    api.advance(4)
    assert api.issuing() == 0
    api.advance(1)
    assert (api.issuing(), payments(api)) == (2000, 0)

    settled = api.read(f"/v1/topups/{topup['id']}", {"expand": ["balance_transaction"]})
    assert settled["status"] == "succeeded"
    entry = settled["balance_transaction"]
    assert (entry["amount"], entry["type"], entry["source"]) == (2000, "topup", topup["id"])
    assert [e["type"] for e in api.events("topup.succeeded", "topup.created")] == [
        "topup.succeeded",
        "topup.created",
    ]
    assert api.events("topup.succeeded")[0]["data"]["previous_attributes"]["status"] == "pending"


def test_without_a_destination_the_money_goes_to_payments(api) -> None:
    api.ok("/v1/topups", {"amount": 700, "currency": "usd"})
    api.advance(10)
    assert (api.issuing(), payments(api)) == (0, 700)


def test_it_can_be_canceled_only_while_pending(api) -> None:
    topup = api.ok("/v1/topups", TOPUP)
    assert api.ok(f"/v1/topups/{topup['id']}/cancel")["status"] == "canceled"
    api.advance(60)
    assert api.issuing() == 0
    assert api.refused(f"/v1/topups/{topup['id']}/cancel")["type"] == "invalid_request_error"
    assert api.refused(f"/v1/topups/{api.fund(5)['id']}/cancel")


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("noAccount", "no_account"),
        ("accountClosed", "account_closed"),
        ("insufficientFunds", "insufficient_funds"),
        ("debitNotAuthorized", "debit_not_authorized"),
        ("invalidCurrency", "invalid_currency"),
    ],
)
def test_test_sources_fail_later(api, token, code) -> None:
    topup = api.ok("/v1/topups", {**TOPUP, "source": f"btok_us_verified_{token}"})
    assert topup["status"] == "pending"
    api.advance(10)
    failed = api.read(f"/v1/topups/{topup['id']}")
    assert (failed["status"], failed["failure_code"], api.issuing()) == ("failed", code, 0)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"currency": "eur"}, "currency"),
        ({"currency": "dollars"}, "currency"),
        ({"amount": -5}, "amount"),
        ({"amount": 100_000_000}, "amount"),
        ({"statement_descriptor": "x" * 16}, "statement_descriptor"),
        ({"statement_descriptor": "Café"}, "statement_descriptor"),
        ({"statement_descriptor": "12345"}, "statement_descriptor"),
        ({"statement_descriptor": "Acme*float"}, "statement_descriptor"),
        ({"destination_balance": "payments"}, "destination_balance"),
        ({"source": "btok_unknown"}, "source"),
        ({"payment_method": "pm_1"}, "payment_method"),
        ({"payment_method_options": {"us_bank_account": {"network": "ach"}}}, "payment_method"),
    ],
)
def test_what_cannot_be_topped_up(api, change, param) -> None:
    assert api.refused("/v1/topups", {**TOPUP, **change})["param"] == param


def test_only_description_and_metadata_can_be_changed(api) -> None:
    topup = api.ok("/v1/topups", {**TOPUP, "metadata": {"a": "1"}, "description": "one"})
    changed = api.ok(f"/v1/topups/{topup['id']}", {"description": "two", "metadata": {"b": "2"}})
    assert (changed["description"], changed["metadata"]) == ("two", {"a": "1", "b": "2"})
    assert api.refused(f"/v1/topups/{topup['id']}", {"amount": 5})["code"] == "parameter_unknown"


def test_a_reversal_takes_the_money_back(api) -> None:
    topup = api.fund(2000)
    api.control("act", {"act": "reverse_topup", "id": topup["id"]})
    assert api.read(f"/v1/topups/{topup['id']}")["status"] == "reversed"
    assert (api.issuing(), api.events("topup.reversed")[0]["data"]["object"]["id"]) == (0, topup["id"])


def test_what_is_not_known_of_stripe_can_be_switched(api) -> None:
    api.control("switches", {"destination_balance_shown": False})
    assert "destination_balance" not in api.ok("/v1/topups", TOPUP)
    api.control("switches", {"issuing_top_ups": False})
    assert api.refused("/v1/topups", TOPUP)["code"] == "parameter_unknown"
    assert api.ok("/v1/topups", {"amount": 5, "currency": "usd"})


def test_it_can_stay_pending_for_ever(start) -> None:
    api = start(topup_settle=None)
    topup = api.ok("/v1/topups", TOPUP)
    api.advance(30 * 86_400)
    assert (api.read(f"/v1/topups/{topup['id']}")["status"], api.issuing()) == ("pending", 0)


@pytest.mark.parametrize(("country", "currency"), [("GB", "gbp"), ("DE", "eur")])
def test_accounts_in_europe_cannot_pull(start, country, currency) -> None:
    api = start(country=country)
    assert api.read("/v1/account")["country"] == country
    assert api.read("/v1/balance")["issuing"]["available"][0]["currency"] == currency
    for destination in ({}, {"destination_balance": "issuing"}):
        assert api.refused("/v1/topups", {"amount": 5, "currency": currency, **destination})


def test_an_empty_balance_may_not_be_shown(api) -> None:
    api.control("switches", {"empty_balance_shown": False})
    assert api.read("/v1/balance")["issuing"]["available"] == []
    api.fund(100)
    assert api.issuing() == 100
