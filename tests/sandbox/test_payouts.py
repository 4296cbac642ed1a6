"""Payouts from the payments and the Issuing balance, and the settings of balances."""

import pytest
import stripe

from .shapes import problems

PAYOUTS = "/v1/payouts"
PAYOUT = {"amount": 700, "currency": "usd", "source_balance": "issuing"}
DAY = 86_400


def test_it_leaves_at_once_and_arrives_later(api):
    api.fund(1_000)
    made = api.ok(PAYOUTS, {**PAYOUT, "description": "surplus", "metadata": {"a": "1"}})
    assert problems(made) == []
    assert (made["status"], made["amount"], made["automatic"], api.issuing()) == ("pending", 700, False, 300)
    api.advance(2 * DAY + 1)
    paid = api.read(f"{PAYOUTS}/{made['id']}", {"expand": ["balance_transaction"]})
    assert (paid["status"], paid["balance_transaction"]["amount"]) == ("paid", -700)
    assert [one["type"] for one in api.events("payout.created", "payout.paid")] == [
        "payout.paid",
        "payout.created",
    ]
    assert [one["id"] for one in api.read(PAYOUTS, {"status": "paid"})["data"]] == [made["id"]]
    assert api.read(PAYOUTS, {"arrival_date": {"gt": made["arrival_date"]}})["data"] == []
    assert "not manual" in api.get("/v1/balance_transactions", {"payout": made["id"]}).error["message"]


def test_it_can_be_canceled_while_it_is_pending(api):
    api.fund(1_000)
    made = api.ok(PAYOUTS, PAYOUT)
    canceled = api.ok(f"{PAYOUTS}/{made['id']}/cancel", {"expand": ["failure_balance_transaction"]})
    assert (canceled["status"], canceled["failure_balance_transaction"]["amount"]) == ("canceled", 700)
    assert (api.issuing(), len(api.events("payout.canceled"))) == (1_000, 1)
    assert "is canceled" in api.refused(f"{PAYOUTS}/{made['id']}/cancel")["message"]
    api.advance(3 * DAY)
    assert api.issuing() == 1_000


def test_without_a_source_it_leaves_the_payments_balance(api):
    api.fund(1_000)
    assert api.refused(PAYOUTS, {"amount": 1, "currency": "usd"})["code"] == "balance_insufficient"
    api.ok("/v1/topups", {"amount": 500, "currency": "usd"})
    api.advance(10)
    api.ok(PAYOUTS, {"amount": 500, "currency": "usd"})
    assert (api.read("/v1/balance")["available"][0]["amount"], api.issuing()) == (0, 1_000)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": 1_001}, "amount"),
        ({"currency": "eur"}, "amount"),
        ({"currency": "zzz"}, "currency"),
        ({"destination": "ba_1"}, "destination"),
        ({"method": "instant"}, "method"),
        ({"statement_descriptor": "x" * 23}, "statement_descriptor"),
        ({"source_balance": "payments"}, "source_balance"),
    ],
)
def test_what_cannot_be_paid_out(api, change, param):
    api.fund(1_000)
    assert api.refused(PAYOUTS, {**PAYOUT, **change})["param"] == param
    assert api.issuing() == 1_000


def test_an_account_may_not_pay_out_its_issuing_balance(api):
    api.fund(1_000)
    api.control("switches", {"issuing_payouts": False})
    assert api.refused(PAYOUTS, PAYOUT)["code"] == "parameter_unknown"


def test_only_metadata_of_a_payout_can_be_changed(api):
    api.fund(1_000)
    path = f"{PAYOUTS}/{api.ok(PAYOUTS, PAYOUT)['id']}"
    assert api.ok(path, {"metadata": {"b": "2"}})["metadata"] == {"b": "2"}
    assert api.refused(path, {"amount": 5})["code"] == "parameter_unknown"


def test_settings_of_the_balance_with_the_sdk(api):
    client = stripe.StripeClient(api.key, base_addresses={"api": api.base})
    before = client.v1.balance_settings.retrieve()
    assert before.payments.payouts.schedule.interval == "daily"
    changed = client.v1.balance_settings.update(
        {
            "payments": {
                "payouts": {
                    "schedule": {"interval": "weekly", "weekly_payout_days": ["monday"]},
                    "minimum_balance_by_currency": {"usd": 1_500},
                    "statement_descriptor": "Acme payouts",
                },
                "settlement_timing": {"delay_days_override": 5},
            }
        }
    )
    assert changed == client.v1.balance_settings.retrieve()
    assert changed.payments.payouts.schedule.weekly_payout_days == ["monday"]
    assert (changed.payments.settlement_timing.delay_days, changed.payments.payouts.status) == (5, "enabled")
    assert problems(api.read("/v1/balance_settings")) == []
    [event] = api.events("balance_settings.updated")
    previous = event["data"]["previous_attributes"]["payments"]
    assert previous["settlement_timing"] == {"delay_days": 2, "delay_days_override": None}
    other = api.with_headers(Stripe_Account=api.connected()).read("/v1/balance_settings")
    assert other["payments"]["payouts"]["schedule"] == {"interval": "daily"}


@pytest.mark.parametrize(
    ("payments", "param"),
    [
        ({"payouts": {"schedule": {"interval": "weekly"}}}, "[payouts][schedule][weekly_payout_days]"),
        (
            {"payouts": {"schedule": {"interval": "daily", "monthly_payout_days": [1]}}},
            "[payouts][schedule][monthly_payout_days]",
        ),
        (
            {"payouts": {"schedule": {"interval": "monthly", "monthly_payout_days": [32]}}},
            "[payouts][schedule][monthly_payout_days]",
        ),
        ({"payouts": {"minimum_balance_by_currency": {"zzz": 1}}}, "[payouts][minimum_balance_by_currency]"),
        ({"settlement_timing": {"delay_days_override": 32}}, "[settlement_timing][delay_days_override]"),
    ],
)
def test_settings_that_cannot_be(api, payments, param):
    assert api.refused("/v1/balance_settings", {"payments": payments})["param"] == f"payments{param}"


def test_settings_are_unset_by_an_empty_value(api):
    minimum = {"payouts": {"minimum_balance_by_currency": {"usd": 5, "eur": 6}}}
    api.ok("/v1/balance_settings", {"payments": minimum})
    less = {"payouts": {"minimum_balance_by_currency": {"usd": ""}}}
    after = api.ok("/v1/balance_settings", {"payments": less})["payments"]["payouts"]
    assert after["minimum_balance_by_currency"] == {"eur": 6}
    none = {"payouts": {"minimum_balance_by_currency": ""}}
    after = api.ok("/v1/balance_settings", {"payments": none})["payments"]["payouts"]
    assert after["minimum_balance_by_currency"] is None
