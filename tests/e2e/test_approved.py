"""A saved plan after its approval: purchases go on, the YAML moves, Stripe moves."""

import json
from pathlib import Path

import pytest

from e2e.conftest import CARD, COMPANY, Desk

NOTED = CARD + '    metadata: {note: "${env.NOTE}"}\n'
FUNDS = 'balance_targets: {usd: {target: "300.00 USD"}}\n'
LIMIT = "spending_controls.spending_limits[0].amount"


def spend(desk: Desk, amount: int) -> None:
    """Somebody buys an advertisement."""
    helpers = desk.sdk.v1.test_helpers.issuing.authorizations
    made = helpers.create(
        {
            "card": desk.live()["cards.ads"]["id"],
            "amount": amount,
            "currency": "usd",
            "merchant_data": {"category": "advertising_services"},
        }
    )
    assert made.approved


def pulled(desk: Desk) -> list[int]:
    return [top_up.amount for top_up in desk.sdk.v1.topups.list().data]


@pytest.fixture
def approved(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A funded card whose limit is to be cut, by a plan that is saved."""
    monkeypatch.setenv("NOTE", "first")
    desk.write(COMPANY + NOTED + FUNDS)
    desk.run("apply", "--auto-approve")
    desk.control("clock", b'{"advance": 60}')
    desk.write(COMPANY + NOTED.replace("2,000.00", "1,500.00") + FUNDS)
    desk.run("plan", "--out", "plan.json")
    return desk


def limit(desk: Desk) -> int:
    amount: int = desk.live()["cards.ads"]["spending_controls"]["spending_limits"][0]["amount"]
    return amount


def test_a_purchase_after_the_approval_stops_nothing_and_is_not_topped_up(approved: Desk):
    spend(approved, 100)

    said = approved.run("apply", "plan.json").stdout

    assert limit(approved) == 150_000
    assert pulled(approved) == [30_000]
    assert (
        "Note: balance_targets.usd: a top-up of $1.00 is not in the approved plan: the balance has "
        "changed since; "
        "the next plan will include it\n"
    ) in said
    again = approved.run("apply", "plan.json").stdout
    assert again.endswith("\nNo changes. Stripe does not match the configuration yet; see the notes.\n")
    approved.run("apply", "--auto-approve")
    assert pulled(approved) == [100, 30_000]


def test_an_approved_top_up_is_a_ceiling(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NOTE", "first")
    desk.write(COMPANY + NOTED + FUNDS)
    desk.run("apply", "--auto-approve")
    desk.control("clock", b'{"advance": 60}')
    desk.write(COMPANY + NOTED + FUNDS.replace("300", "400"))
    desk.run("plan", "--out", "plan.json")
    spend(desk, 5_000)

    desk.run("apply", "plan.json")

    assert pulled(desk) == [10_000, 30_000]


def test_money_that_an_approved_top_up_does_not_cover_waits_for_the_next_plan(desk: Desk):
    desk.write('balance_targets: {usd: {target: "100.00 USD", max_top_up: "30.00 USD"}}\n')
    desk.run("plan", "--out", "plan.json")
    desk.run("apply", "plan.json")
    desk.control("clock", b'{"advance": 60}')  # until then it is pending, and no other follows it

    said = desk.run("apply", "plan.json").stdout

    assert pulled(desk) == [3_000]
    assert (
        "a top-up of $30.00 is not in the approved plan: the approved amount was topped up already; the next"
        in said
    )


@pytest.mark.parametrize(
    "funds",
    [
        FUNDS.replace("300.00", "900.00"),
        FUNDS.replace("}}", ", description: Other}}"),
        'balance_targets: {usd: {target: "${env.NOTE}"}}\n',
    ],
)
def test_a_top_up_that_the_yaml_moved_is_refused(approved: Desk, monkeypatch, funds: str):
    spend(approved, 100)
    monkeypatch.setenv("NOTE", "300.00 USD")
    approved.write(COMPANY + NOTED.replace("2,000.00", "1,500.00").replace("${env.NOTE}", "first") + funds)

    refused = approved.run("apply", "plan.json", code=4).stderr

    why = "the configuration of its target has changed"
    assert f"balance_targets.usd: top_up is not in the approved plan: {why}\n" in refused
    assert limit(approved) == 200_000
    assert pulled(approved) == [30_000]


def test_a_target_that_is_new_since_the_approval_is_refused(approved: Desk):
    approved.write(COMPANY + NOTED.replace("2,000.00", "1,500.00"))
    approved.run("plan", "--out", "plan.json")
    approved.write(COMPANY + NOTED.replace("2,000.00", "1,500.00") + FUNDS)
    spend(approved, 100)

    assert "top_up is not in the approved plan\n" in approved.run("apply", "plan.json", code=4).stderr
    assert pulled(approved) == [30_000]


@pytest.mark.parametrize(("funds", "code"), [("300.00 USD", 0), ("900.00 USD", 4)])
def test_a_hidden_target_is_told_from_another_without_being_saved(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, funds: str, code: int
):
    monkeypatch.setenv("NOTE", "first")
    monkeypatch.setenv("FUNDS", "300.00 USD")
    hidden = 'balance_targets: {usd: {target: "${env.FUNDS}"}}\n'
    desk.write(COMPANY + NOTED + hidden)
    desk.run("apply", "--auto-approve")
    desk.control("clock", b'{"advance": 60}')
    desk.run("plan", "--out", "plan.json")
    spend(desk, 100)
    monkeypatch.setenv("FUNDS", funds)

    desk.run("apply", "plan.json", code=code)

    [balance] = json.loads(Path("plan.json").read_text(encoding="utf-8"))["outlook"]["balances"]
    assert len(balance["declared"]) == 32, "a digest of 128 bits, whose key is nowhere written"
    assert pulled(desk) == [30_000]


# --- what has moved


def refused(desk: Desk) -> str:
    return desk.run("apply", "plan.json", code=4).stderr


def test_a_value_that_moved_in_the_yaml_is_told_with_both(approved: Desk):
    approved.write(COMPANY + NOTED.replace("2,000.00", "1,600.00") + FUNDS)

    assert (
        f"  cards.ads: {LIMIT} changed since the plan was approved: the configuration has $1,600.00, "
        "$1,500.00 was approved\n"
    ) in refused(approved)


def test_a_value_that_moved_in_stripe_is_told_with_both(approved: Desk):
    limits = [{"amount": 700_000, "interval": "monthly"}]
    identity = approved.live()["cards.ads"]["id"]
    approved.sdk.v1.issuing.cards.update(identity, {"spending_controls": {"spending_limits": limits}})

    assert (
        f"  cards.ads: {LIMIT} changed since the plan was approved: Stripe has $7,000.00, it had $2,000.00\n"
    ) in refused(approved)


def test_a_value_that_moved_on_both_sides_is_told_so(approved: Desk):
    limits = [{"amount": 700_000, "interval": "monthly"}]
    identity = approved.live()["cards.ads"]["id"]
    approved.sdk.v1.issuing.cards.update(identity, {"spending_controls": {"spending_limits": limits}})
    approved.write(COMPANY + NOTED.replace("2,000.00", "1,600.00") + FUNDS)

    assert "the configuration has $1,600.00, $1,500.00 was approved; Stripe has $7,000.00, it had" in refused(
        approved
    )


def test_an_edit_beside_the_approved_one_is_told_with_what_each_side_has(approved: Desk):
    approved.write(
        COMPANY + NOTED.replace("2,000.00", "1,500.00").replace("status: active", "status: inactive") + FUNDS
    )

    assert (
        'cards.ads: status changed since the plan was approved: "active" in Stripe, '
        '"inactive" in the configuration\n' in refused(approved)
    )


def test_an_edit_that_is_none_any_more_is_told_by_whom(approved: Desk):
    paused = NOTED.replace("status: active", "status: inactive")
    approved.write(COMPANY + paused.replace("2,000.00", "1,500.00") + FUNDS)
    approved.run("plan", "--out", "plan.json")
    approved.write(COMPANY + NOTED.replace("2,000.00", "1,500.00") + FUNDS)

    yaml = refused(approved)
    approved.write(COMPANY + paused.replace("2,000.00", "1,500.00") + FUNDS)
    approved.sdk.v1.issuing.cards.update(approved.live()["cards.ads"]["id"], {"status": "inactive"})
    stripe = refused(approved)

    assert (
        "status changed since the plan was approved, and no longer needs an update: the configuration" in yaml
    )
    assert "no longer needs an update: Stripe already has the approved value" in stripe


def test_a_hidden_value_that_moved_is_not_shown(approved: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NOTE", "canary second")
    assert "  cards.ads: metadata.note changed since the plan was approved\n" in refused(approved)
    approved.run("plan", "--out", "plan.json")
    monkeypatch.setenv("NOTE", "canary third")

    said = refused(approved)

    assert "cards.ads: metadata.note changed since the plan was approved\n" in said
    assert "canary" not in said


@pytest.mark.parametrize("before", ["", FUNDS], ids=["nothing", "a target"])
def test_an_apply_at_another_commit_is_no_success(desk: Desk, before: str):
    desk.write(COMPANY + before)
    desk.run("apply", "--auto-approve")
    desk.control("clock", b'{"advance": 60}')
    desk.write(COMPANY + NOTED.replace("${env.NOTE}", "first") + FUNDS)
    desk.run("plan", "--out", "plan.json")
    desk.write(COMPANY + before)

    refused = desk.run("apply", "plan.json", code=4).stderr

    assert "cards.ads: create was approved, but it is not in this configuration\n" in refused
    assert ("balance_targets.usd: top_up was approved, but" in refused) == (not before)
    assert desk.live() == {}


def test_what_was_to_be_retired_and_is_declared_here_is_no_success(approved: Desk):
    approved.write(COMPANY + FUNDS)
    approved.run("plan", "--out", "plan.json")
    approved.write(COMPANY + NOTED + FUNDS)

    refused = approved.run("apply", "plan.json", code=4).stderr

    assert "cards.ads: retire was approved, but it is in this configuration\n" in refused
    approved.write(COMPANY + FUNDS)
    approved.run("apply", "plan.json")
    assert approved.run("apply", "plan.json").stdout.endswith(
        "No changes. Stripe matches the configuration.\n"
    )


def test_the_end_of_what_was_to_be_replaced_is_not_approved_without_its_successor(approved: Desk):
    before = approved.live()
    approved.write(COMPANY + NOTED + "    second_line: Ads\n" + FUNDS)
    approved.run("plan", "--out", "plan.json")
    approved.write(COMPANY + FUNDS)

    refused = approved.run("apply", "plan.json", code=4).stderr

    assert "cards.ads: retire is not in the approved plan: replace was approved\n" in refused
    assert approved.live() == before


@pytest.mark.parametrize("more", ["", "    second_line: Ads\n"], ids=["update", "replace"])
def test_what_was_to_be_changed_and_stays_as_it_is_here_is_no_success(approved: Desk, more: str):
    before = approved.live()
    narrow = COMPANY + NOTED.replace("2,000.00", "1,500.00") + more + FUNDS
    approved.write(narrow)
    approved.run("plan", "--out", "plan.json")
    approved.write(COMPANY + NOTED + FUNDS)

    refused = approved.run("apply", "plan.json", code=4).stderr

    action = "replace" if more else "update"
    assert f"cards.ads: {action} was approved, but this configuration has other values for it\n" in refused
    assert approved.live() == before
    approved.write(narrow)
    approved.run("apply", "plan.json")
    assert approved.run("apply", "plan.json").stdout.endswith(
        "No changes. Stripe matches the configuration.\n"
    )


def test_a_card_that_somebody_froze_is_not_set_free_by_the_plan_that_created_it(desk: Desk):
    desk.write(COMPANY + CARD.replace("${env.NOTE}", "first"))
    desk.run("plan", "--out", "plan.json")
    desk.run("apply", "plan.json")
    card = desk.live()["cards.ads"]["id"]
    desk.sdk.v1.issuing.cards.update(card, {"status": "inactive"})

    refused = desk.run("apply", "plan.json", code=4).stderr

    assert "cards.ads: update is not in the approved plan: create was approved\n" in refused
    assert desk.live()["cards.ads"]["status"] == "inactive"
