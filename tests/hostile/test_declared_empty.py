"""What is declared to be empty is empty: what somebody has set by hand there is seen, and taken away."""

import json

import pytest
from e2e.conftest import BARE_CARD, COMPANY, Desk, body

EMPTY = [
    "{}",
    "{spending_limits: []}",
    "{spending_limits: null}",
    "{blocked_categories: [], spending_limits: []}",
]
HAND = {"spending_limits": [{"amount": 99_000_000, "interval": "yearly"}]}


def limits(desk: Desk) -> list[tuple[int, str]]:
    [card] = desk.live().values()
    return [(each["amount"], each["interval"]) for each in card["spending_controls"]["spending_limits"] or ()]


@pytest.mark.parametrize("empty", EMPTY)
def test_controls_that_are_declared_empty_are_owned(desk: Desk, empty: str):
    desk.write(COMPANY + BARE_CARD + f"    spending_controls: {empty}\n")
    desk.run("apply", "--auto-approve")
    assert limits(desk) in ([], [(50000, "daily")])
    assert body(desk.run("plan", "--detailed-exitcode").stdout).startswith("No changes.")
    [card] = desk.live().values()
    desk.sdk.v1.issuing.cards.update(card["id"], {"spending_controls": HAND})

    plan = json.loads(desk.run("plan", "--format", "json", "--detailed-exitcode", code=2).stdout)
    desk.run("drift", code=2)
    desk.run("apply", "--auto-approve", "--allow", "reverted=1")

    paths = {edit["path"].partition("[")[0] for edit in plan["changes"][0]["edits"]}
    assert paths == {"spending_controls.spending_limits"}
    assert limits(desk) in ([], [(50000, "daily")])
    assert body(desk.run("plan", "--detailed-exitcode").stdout).startswith("No changes.")


@pytest.mark.parametrize("said", ["", "    spending_controls:\n", "    spending_controls: ~\n"])
def test_controls_that_are_not_declared_are_left_alone(desk: Desk, said: str):
    desk.write(COMPANY + BARE_CARD + said)
    desk.run("apply", "--auto-approve")
    [card] = desk.live().values()
    desk.sdk.v1.issuing.cards.update(card["id"], {"spending_controls": HAND})

    assert body(desk.run("plan", "--detailed-exitcode").stdout).startswith("No changes.")


def test_an_empty_mapping_takes_nothing_away_from_a_profile(desk: Desk):
    profile = "profiles: {p: {spending_controls: {spending_limits: [{amount: 7, interval: daily}]}}}\n"
    desk.write(profile + COMPANY + BARE_CARD + "    use: p\n    spending_controls: {}\n")
    desk.run("apply", "--auto-approve")

    assert limits(desk) == [(7, "daily")]


def test_a_list_that_stripe_cannot_clear_is_said(desk: Desk):
    desk.write(COMPANY + "    preferred_locales: []\n")
    desk.run("apply", "--auto-approve")
    assert body(desk.run("plan", "--detailed-exitcode").stdout).startswith("No changes.")
    holder = desk.live("cardholders")["cardholders.acme"]["id"]
    desk.sdk.v1.issuing.cardholders.update(holder, {"preferred_locales": ["de"]})

    plan = desk.run("plan", "--detailed-exitcode").stdout

    assert (
        "preferred_locales is empty in the configuration, but Stripe cannot clear it; "
        "its value in Stripe does not change"
    ) in plan
