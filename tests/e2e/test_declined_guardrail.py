"""The guardrail `max_declined_purchases`: it stops what would have declined more past purchases than that."""

import json
from typing import Any

import pytest

from e2e.conftest import COMPANY, Desk
from e2e.shop import LIMITED, open_shop

GUARDED = "guardrails: {max_declined_purchases: 1}\n"
SAID = "2 past purchases would have been declined (max_declined_purchases: 1)"
ALLOW = "--allow declined=2"
NOTE = "guardrails.max_declined_purchases is not checked without past purchases"
PAST = ("--backtest", "90d", "--history", "purchases.history")


@pytest.fixture
def guarded(desk: Desk) -> Desk:
    """Two purchases of $300.00 on a card, whose limit of $2,000.00 becomes one of $100.00."""
    shop = open_shop(desk)
    shop.buy(30_000)
    shop.wait(0.01)
    shop.buy(30_000)
    desk.write(GUARDED + COMPANY + LIMITED % "100.00")
    return desk


def limit(desk: Desk) -> int:
    [row] = desk.live()["cards.ads"]["spending_controls"]["spending_limits"]
    return int(row["amount"])


def test_a_plan_with_past_purchases_says_so_and_how_to_allow_it(guarded: Desk) -> None:
    text = guarded.run("plan", *PAST).stdout
    document = json.loads(guarded.run("plan", *PAST, "--format", "json").stdout)

    assert f"  ! {SAID}; to allow it once, pass {ALLOW}\n" in text
    assert [(stop["guardrail"], stop["number"]) for stop in document["stopped_by"]] == [("declined", 2)]
    assert NOTE not in text
    assert "    - cards.ads: 2 ($600.00) declined\n" in text


def test_an_apply_with_past_purchases_is_stopped_by_it(guarded: Desk) -> None:
    stopped = guarded.run("apply", "--auto-approve", *PAST, code=3)
    assert f"{SAID}; to allow it once, pass {ALLOW}" in stopped.stderr
    guarded.run("apply", "--auto-approve", *PAST, "--allow", "declined=1", code=3)
    assert limit(guarded) == 200_000

    guarded.run("apply", "--auto-approve", *PAST, "--allow", "declined=2")
    assert limit(guarded) == 10_000


def test_without_past_purchases_a_note_says_that_it_is_not_judged(guarded: Desk) -> None:
    assert NOTE in guarded.run("plan").stdout
    assert NOTE in guarded.run("apply", "--auto-approve").stdout
    assert limit(guarded) == 10_000
    assert NOTE not in guarded.run("plan").stdout  # nothing changes, so there is nothing to judge


def test_a_saved_plan_that_was_stopped_by_it_needs_the_number(guarded: Desk) -> None:
    guarded.run("plan", *PAST, "--out", "plan.json")

    assert SAID in guarded.run("apply", "plan.json", code=3).stderr
    assert limit(guarded) == 200_000
    guarded.run("apply", "plan.json", "--allow", "declined=2")
    assert limit(guarded) == 10_000


def test_a_policy_tightens_it(guarded: Desk) -> None:
    guarded.write(COMPANY + LIMITED % "100.00")
    guarded.write("max_declined_purchases: 0  # version: none\n", ".base/policy.yaml")
    guarded.run("plan", *PAST)

    told = guarded.run("apply", "--auto-approve", *PAST, "--policy", ".base/policy.yaml", code=3).stderr
    assert "(max_declined_purchases: 0)" in told


@pytest.mark.parametrize("format_", ["text", "json", "markdown", "sarif", "gitlab"])
def test_a_check_has_it_as_a_part(guarded: Desk, format_: str) -> None:
    said = guarded.run("check", *PAST, "--format", format_, code=3).stdout

    assert "2 past purchases would have been declined" in said.replace("&#95;", "_")
    if format_ == "json":
        parts = {part["name"]: part for part in json.loads(said)["checks"]}
        assert [*parts] == ["validate", "scenarios", "guardrails", "backtest", "plan"]
        assert parts["backtest"]["text"].endswith(" 2 would be declined ($600.00).")
        assert parts["guardrails"]["exit_code"] == 3
        [problem] = parts["guardrails"]["problems"]
        assert (problem["address"], problem["line"] > 1) == ("declined", True)


def test_a_check_without_past_purchases_skips_it(guarded: Desk) -> None:
    told = guarded.run("check").stdout

    assert f"  skipped  backtest    {NOTE}" in told
    assert "Check passed." in told


def test_a_check_goes_on_where_purchases_cannot_be_read(
    guarded: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = dict.fromkeys(
        ("account", "balance", "issuing_card", "issuing_cardholder", "topup", "event"), "read"
    )
    asked: dict[str, Any] = {"key": "rk_test_narrow", "permissions": allowed}
    guarded.control("keys", json.dumps(asked).encode())
    monkeypatch.setenv("STRIPE_API_KEY", "rk_test_narrow")

    told = guarded.run("check", "--backtest", "90d", code=None)

    assert told.exit_code != 0
    assert "FAILED   backtest    no purchases can be read" in told.stdout
    assert "Plan: 0 to create, 1 to update" in told.stdout
