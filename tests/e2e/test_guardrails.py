"""Guardrails at the command line: what a plan says of them, and the numbers that people name."""

import json

import pytest

from e2e.conftest import COMPANY, Desk

CARD = """
cards:
  ads:
    cardholder: acme
    type: virtual
    currency: usd
    status: active
"""
LIMIT = '    spending_controls: {spending_limits: [{amount: "2,000.00 USD", interval: monthly}]}\n'
FUNDS = 'balance_targets: {usd: {target: "9,900.00 USD"}}\n'


def limits(text: str) -> str:
    return f"guardrails: {{{text}}}\n"


@pytest.mark.parametrize(
    "number", ["top_up=9,900.00 USD", "top_up=990000", "top_up.usd=9900 usd", "top_up.usd=990000"]
)
def test_an_amount_is_named_as_in_the_yaml_or_in_minor_units(desk: Desk, number: str):
    desk.write(limits('max_top_up: "1,000.00 USD"') + FUNDS)

    desk.run("apply", "--auto-approve", "--allow", number)

    assert [top_up.amount for top_up in desk.sdk.v1.topups.list().data] == [990000]


def test_an_amount_in_another_currency_is_another_number(desk: Desk):
    desk.write(limits('max_top_up: "1,000.00 USD"') + FUNDS)

    assert (
        "--allow top_up=990000"
        in desk.run("apply", "--auto-approve", "--allow", "top_up=9,900.00 EUR", code=3).stderr
    )


def test_unlimited_is_a_word(desk: Desk):
    desk.write(COMPANY + CARD + limits("max_exposure_added: 100"))

    desk.run("apply", "--auto-approve", "--allow", "exposure_added=999999999998", code=3)
    refused = desk.run("apply", "--auto-approve", code=3).stderr
    desk.run("apply", "--auto-approve", "--allow", "exposure_added=unlimited")

    assert "--allow exposure_added=unlimited\n" in refused


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("top_up=9,900.00", "an amount is a whole number of minor units"),
        ("top_up.eur=9,900.00 USD", "top_up.eur is no amount in USD"),
        ("retired=1.00 USD", "the number is a whole one, such as 12"),
        ("top_up=unlimited", "an amount is a whole number of minor units"),
        ("funds=1", "NAME one of retired, protected, activated, top_up, exposure_added"),
    ],
)
def test_what_is_no_number_is_told_what_would_be(desk: Desk, number: str, said: str):
    refused = desk.run("apply", "--allow", number, code=None)

    assert refused.exit_code
    assert said in " ".join(refused.stderr.split())
