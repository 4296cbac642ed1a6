"""The last line of a plan and of an apply: no more is claimed than is so, and what to do next helps."""

import json

import pytest

from e2e.conftest import COMPANY, Desk

CARDS = """
cards:
  ads: {cardholder: acme, type: virtual, currency: usd}
  web: {cardholder: acme, type: virtual, currency: usd}
"""
EUROS = 'balance_targets: {eur: {target: "50.00 EUR"}}\n'


def last(text: str) -> str:
    return text.splitlines()[-1]


@pytest.fixture
def applied(desk: Desk) -> Desk:
    desk.write(COMPANY + CARDS)
    desk.run("apply", "--auto-approve")
    return desk


def test_a_part_without_changes_is_no_match_of_the_whole(applied: Desk):
    applied.write(COMPANY + CARDS.replace("web: {", "web: {metadata: {team: x}, "))

    part = applied.run("plan", "--target", "cards.ads").stdout
    document = json.loads(applied.run("plan", "--exclude", "cards.web", "--format", "json").stdout)
    whole = applied.run("plan", "--target", "cards.web").stdout

    assert last(part) == "No changes. Stripe matches this part of the configuration."
    assert document["left_out"] == 1
    assert last(whole) == "Plan: 0 to create, 1 to update, 0 to replace, 0 to retire, 0 to import."


def test_a_part_that_leaves_nothing_out_is_the_whole(applied: Desk):
    assert last(applied.run("plan", "--target", "cards.ads").stdout) == (
        "No changes. Stripe matches the configuration."
    )


def test_money_that_is_still_to_be_wired_is_no_match(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    desk.control("accounts", b'{"ids": ["acct_1British"], "country": "GB"}')
    monkeypatch.setenv("STRIPE_ACCOUNT", "acct_1British")
    desk.write('balance_targets: {gbp: {target: "5,000.00 GBP"}}\n')

    text = desk.run("plan").stdout

    assert "wire £5,000.00" in text
    assert last(text) == "No changes. Stripe does not match the configuration yet; see the notes."
    assert json.loads(desk.run("plan", "--format", "json").stdout)["notes"][0]["pending"] is True


# --- a currency that an account has no Issuing balance in


def test_a_target_in_a_currency_of_others_is_noted_and_not_tried(desk: Desk):
    desk.write(COMPANY + EUROS)

    text = desk.run("plan").stdout
    desk.run("apply", "--auto-approve")

    assert (
        "Note: balance_targets.eur: an account in US has its Issuing balance in USD, and Stripe cannot "
        "top it up in EUR; remove the target, or use an account that issues in EUR\n"
    ) in text
    assert "top up" not in last(text)
    assert desk.sdk.v1.topups.list().data == []
    assert (
        last(desk.run("plan").stdout)
        == "No changes. Stripe does not match the configuration yet; see the notes."
    )


def test_doctor_tells_of_a_target_in_a_currency_of_others(desk: Desk):
    desk.write(EUROS.replace("}}", '}, usd: {target: "1.00 USD"}}'))

    lines = desk.run("doctor").stdout.splitlines()

    [at] = [n for n, line in enumerate(lines) if "balance_targets" in line]
    assert lines[at].startswith("warn  balance        balance_targets.eur: an account in US has its")
    assert lines[at + 1].endswith("-> remove the target, or use an account that issues in EUR")


# --- what Stripe will refuse again


def test_a_refusal_that_lasts_is_to_be_mended_first(desk: Desk):
    desk.write(COMPANY + 'balance_targets: {usd: {target: "1.00 USD", payment_method: "${var.method}"}}\n')

    text = desk.run("apply", "--auto-approve", "--var", "method=pm_1", code=5).stdout

    assert last(text) == (
        "Stripe rejected this request. Fix the cause and rerun; completed changes are not repeated."
    )
