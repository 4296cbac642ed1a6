"""Grants: what a card may do for a while, by the clock of Stripe, and the way back."""

import json
from typing import Any

import pytest
import yaml

from e2e.conftest import COMPANY, Desk

SYNC = "No changes. Stripe matches the configuration.\n"
DAY = 86_400
CARDS = """
cards:
  ads:
    cardholder: acme
    type: virtual
    currency: usd
    status: active
    spending_controls:
      allowed_categories: [book_stores]
      spending_limits: [{amount: "2,000.00 USD", interval: monthly}]
  spare:
    cardholder: acme
    type: virtual
    currency: usd
    status: inactive
    spending_controls: {spending_limits: [{amount: "50.00 USD", interval: daily}]}
"""
START = 2_000_000_000  # 2033-05-18 03:33 UTC
GRANT = """
grants:
  fair:
    cards: [ads]
    spending_limits: [{amount: "10,000.00 USD", interval: monthly}]
    from: 2033-05-20
    until: 2033-05-25T12:00:00Z
    reason: Trade fair
"""


@pytest.fixture
def dated(desk: Desk) -> Desk:
    desk.control("clock", json.dumps({"stop": START}).encode())
    return desk


def later(desk: Desk, days: int) -> None:
    desk.control("clock", json.dumps({"advance": days * DAY}).encode())


def limit(desk: Desk, card: str = "cards.ads") -> int:
    amount: int = desk.live()[card]["spending_controls"]["spending_limits"][0]["amount"]
    return amount


def buys(desk: Desk, amount: int) -> bool:
    """Make a purchase at a bookstore; the balance is enough for it."""
    bought = desk.sdk.v1.test_helpers.issuing.authorizations.create(
        {
            "card": desk.live()["cards.ads"]["id"],
            "amount": amount,
            "merchant_data": {"category": "book_stores"},
        }
    )
    if bought.approved:
        desk.sdk.v1.test_helpers.issuing.authorizations.reverse(bought.id)
    return bool(bought.approved)


def test_a_grant_holds_between_its_times_and_the_way_back_needs_no_review(dated: Desk) -> None:
    dated.write(COMPANY + CARDS + GRANT)
    dated.run("apply", "--auto-approve")
    money: Any = {"amount": 90_000_00, "currency": "usd", "destination_balance": "issuing"}
    dated.sdk.v1.topups.create(money)
    later(dated, 1)
    assert SYNC in dated.run("plan", "--detailed-exitcode").stdout
    assert (limit(dated), buys(dated, 5_000_00)) == (2_000_00, False)

    later(dated, 2)
    said = dated.run("plan").stdout
    assert "configuration changed; grants.fair holds until 2033-05-25 12:00 UTC" in said
    assert "it gives spending_limits to cards.ads (Trade fair)" in said
    assert "added monthly exposure:  $8,000.00 (usd)" in said
    dated.run("apply", "--auto-approve")
    assert SYNC in dated.run("plan", "--detailed-exitcode").stdout
    assert (limit(dated), buys(dated, 5_000_00)) == (10_000_00, True)

    later(dated, 5)
    said = dated.run("drift").stdout
    assert "$10,000.00 (1000000) per month (Stripe) -> $2,000.00 (200000) per month (configuration)" in said
    assert "      grants.fair ended 2033-05-25 12:00 UTC; `provisioner apply --expired-grants` takes" in said
    assert "No drift; 1 change not applied yet." in said
    [value] = json.loads(dated.run("drift", "--format", "json").stdout)["drift"]
    assert (value["address"], value["grant"]) == ("cards.ads", "grants.fair ended 2033-05-25 12:00 UTC")
    dated.run("apply", "--expired-grants")
    assert (limit(dated), buys(dated, 5_000_00)) == (2_000_00, False)
    said = dated.run("plan", "--detailed-exitcode").stdout
    assert SYNC in said
    assert "ended 2033-05-25 12:00 UTC (Trade fair); remove it from the configuration" in said


def test_an_export_says_which_values_are_there_for_a_while(dated: Desk) -> None:
    remark = "    # spending_controls.spending_limits: from grants.fair, until 2033-05-25 12:00 UTC\n"
    dated.write(COMPANY + CARDS)
    dated.run("apply", "--auto-approve")
    dated.write(COMPANY + CARDS + GRANT.replace("    from: 2033-05-20\n", ""))
    assert "grants" not in dated.run("export", ".").stdout  # what it gives is not in Stripe yet
    dated.run("apply", "--auto-approve")

    said = dated.run("export", ".").stdout

    identity = dated.live()["cards.ads"]["id"]
    assert f"  ads:  # {identity}\n{remark}" in said
    assert said.count("grants.fair") == 1
    assert yaml.safe_load(said)["project"] == "desk"
    assert "10,000.00 USD" in said
    assert "that the cards have without the grants" in said
    later(dated, 10)
    assert "grants" not in dated.run("export", ".").stdout
    assert "grants" not in dated.run("export", "--project", "desk").stdout
    said = dated.run("export", ".", "--project", "desk", code=None).output
    assert "--project and --mode cannot be used with PATH" in said


def test_expired_grants_do_nothing_but_the_way_back(dated: Desk) -> None:
    """What else the configuration asks for waits for a review, on the same card too."""
    dated.write(COMPANY + CARDS + GRANT.replace("    from: 2033-05-20\n", ""))
    dated.run("apply", "--auto-approve")
    later(dated, 10)
    other = (COMPANY + CARDS + GRANT).replace("[book_stores]", "[book_stores, bakeries]")
    dated.write(other.replace("canary@acme", "other@acme").replace('"50.00 USD"', '"70.00 USD"'))

    dated.run("apply", "--expired-grants")

    assert limit(dated) == 2_000_00
    assert dated.live()["cards.ads"]["spending_controls"]["allowed_categories"] == ["book_stores"]
    assert limit(dated, "cards.spare") == 50_00
    assert dated.live("cardholders")["cardholders.acme"]["email"] == "canary@acme.example"
    plan = json.loads(dated.run("plan", "--format", "json").stdout)
    edits = {(c["address"], e["path"]): e["moved"] for c in plan["changes"] for e in c["edits"]}
    assert edits == {
        ("cardholders.acme", "email"): "yaml",
        ("cards.ads", "spending_controls.allowed_categories"): "yaml",
        ("cards.spare", "spending_controls.spending_limits[0].amount"): "yaml",
    }


def test_expired_grants_leave_a_reissue_to_a_reviewed_apply(dated: Desk) -> None:
    dated.write(COMPANY + CARDS + GRANT.replace("    from: 2033-05-20\n", ""))
    dated.run("apply", "--auto-approve")
    later(dated, 10)
    lost = "    status: active\n    lifecycle: {reissue: {number: 1, reason: lost}}\n"
    dated.write((COMPANY + CARDS + GRANT).replace("    status: active\n", lost, 1))

    dated.run("apply", "--expired-grants")

    assert limit(dated) == 2_000_00
    assert "1 to replace" in dated.run("plan").stdout


def test_expired_grants_do_not_raise_what_somebody_has_lowered(dated: Desk) -> None:
    dated.write(COMPANY + CARDS + GRANT.replace("    from: 2033-05-20\n", ""))
    dated.run("apply", "--auto-approve")
    later(dated, 10)
    limits = [{"amount": 100, "interval": "monthly"}]
    low: Any = {"spending_limits": limits, "allowed_categories": ["book_stores"]}
    dated.sdk.v1.issuing.cards.update(dated.live()["cards.ads"]["id"], {"spending_controls": low})

    said = dated.run("apply", "--expired-grants").stdout

    assert limit(dated) == 100
    assert "Nothing that an ended grant gave is left in Stripe." in said
    assert "reverted" in dated.run("apply", "--auto-approve", code=3).output


def test_the_widest_of_two_grants_counts(dated: Desk) -> None:
    two = GRANT.replace("    from: 2033-05-20\n", "") + GRANT.replace("\ngrants:\n", "").replace(
        "fair", "campaign"
    ).replace("10,000", "4,000").replace("    from: 2033-05-20\n", "").replace("2033-05-25", "2033-06-25")
    dated.write(COMPANY + CARDS + two)
    dated.run("apply", "--auto-approve")
    assert limit(dated) == 10_000_00
    said = " ".join(dated.run("plan").stdout.split())
    assert "; where it overlaps grants.campaign, the widest counts" in said
    assert "; where it overlaps grants.fair, the widest counts" in said

    later(dated, 10)
    dated.run("apply", "--expired-grants")

    assert limit(dated) == 4_000_00
    assert "overlaps" not in dated.run("plan").stdout
    assert "grants.campaign: until 2033-06-25 12:00 UTC" in dated.run("plan").stdout


def test_a_grant_activates_cards_and_adds_categories_by_pattern(dated: Desk) -> None:
    given = """
grants:
  trip:
    cards: ["*"]
    status: active
    until: "2033-05-25"
  books:
    cards: [ads]
    allowed_categories_added: [bakeries]
    until: 2033-05-25
"""
    dated.write(COMPANY + CARDS + given)
    dated.run("apply", "--auto-approve")
    assert dated.live()["cards.spare"]["status"] == "active"
    assert dated.live()["cards.ads"]["spending_controls"]["allowed_categories"] == ["bakeries", "book_stores"]

    later(dated, 10)
    dated.run("apply", "--expired-grants")

    assert dated.live()["cards.spare"]["status"] == "inactive"
    assert dated.live()["cards.ads"]["spending_controls"]["allowed_categories"] == ["book_stores"]
    assert SYNC in dated.run("plan", "--detailed-exitcode").stdout


def test_guardrails_count_what_a_grant_adds(dated: Desk) -> None:
    limited = 'guardrails: {max_exposure_added: "1,000.00 USD"}\n'
    dated.write(COMPANY + CARDS)
    dated.run("apply", "--auto-approve")
    dated.write(limited + COMPANY + CARDS + GRANT.replace("    from: 2033-05-20\n", ""))

    assert "exposure_added" in dated.run("apply", "--auto-approve", code=3).output


def test_an_apply_of_a_plan_that_began_before_the_end_is_refused_after_it(dated: Desk) -> None:
    dated.write(COMPANY + CARDS)
    dated.run("apply", "--auto-approve")
    dated.write(COMPANY + CARDS + GRANT.replace("    from: 2033-05-20\n", ""))
    dated.run("plan", "--out", "plan.json")
    later(dated, 10)

    dated.run("apply", "plan.json", code=4)

    assert limit(dated) == 2_000_00


def test_scenarios_are_judged_by_the_grants_of_their_time(dated: Desk) -> None:
    purchase = (
        '{card: ads, amount: "5,000.00 USD", category: book_stores, at: "2033-05-%dT10:00:00Z", expect: %s}'
    )
    scenarios = "\n".join(
        f"  {name}: {purchase % (day, expect)}"
        for name, day, expect in (
            ("before", 19, "declined"),
            ("during", 21, "approved"),
            ("after", 26, "declined"),
        )
    )
    dated.write(f"{COMPANY}{CARDS}{GRANT}\nscenarios:\n{scenarios}\n")

    assert "3 passed" in dated.run("test", "--offline").stdout
    assert "3 passed" in dated.run("test", "--sandbox").stdout


WRONG = [
    ("cards: [ads]", "cards: [adds]", "'adds' matches nothing under 'cards'; did you mean 'ads'?"),
    ("interval: monthly}]\n    from", "interval: daily}]\n    from", "cards.ads has no daily limit"),
    ("10,000.00 USD", "10,000.00 EUR", "in EUR"),
    ("from: 2033-05-20", "from: 2033-05-26", "'until' must be later than 'from'"),
    ("from: 2033-05-20", "from: 2033-02-30", "is not a date or time"),
    ("until: 2033-05-25T12:00:00Z", "until: tomorrow", "write a date (2026-12-01"),
    (
        '    spending_limits: [{amount: "10,000.00 USD", interval: monthly}]\n    from',
        "    from",
        "gives nothing",
    ),
    ("    until: 2033-05-25T12:00:00Z\n", "", "until"),
    ("    reason", "    cause", "cause"),
]


@pytest.mark.parametrize(("right", "wrong", "says"), WRONG)
def test_a_mistake_in_a_grant_is_named_with_its_line(desk: Desk, right: str, wrong: str, says: str) -> None:
    text = COMPANY + CARDS + GRANT
    assert right in text
    head, _, tail = text.rpartition("grants:")
    desk.write(f"{head}grants:{tail.replace(right, wrong)}")

    said: Any = desk.run("validate", code=1).output

    assert says in said
    assert "provisioner.yaml:" in said


def test_a_grant_that_has_ended_is_a_warning_and_an_error_if_that_is_asked_for(desk: Desk) -> None:
    ended = GRANT.replace("    from: 2033-05-20\n", "").replace("2033-05-25T12:00:00Z", "2024-02-29")
    desk.write(COMPANY + CARDS + ended)

    said = desk.run("validate").output
    assert "grants.fair: has ended; remove it from the configuration (until 2024-02-29)" in said
    said = desk.run("validate", "--strict", code=1).output
    assert "provisioner.yaml:29:3: grants.fair: has ended; remove it from the configuration" in said
    desk.write(COMPANY + CARDS + GRANT)
    desk.run("validate", "--strict")
    desk.run("validate", "--strict", "--at", "2033-05-25T11:59:00Z")
    assert "has ended" in desk.run("validate", "--strict", "--at", "2033-05-25T12:00:00Z", code=1).output
    said = desk.run("validate", "--at", "tomorrow", code=1).output
    assert "'--at': 'tomorrow' is not a date or time; write a date (2026-12-01, from midnight" in said


def test_a_check_of_a_pull_request_asks_stripe_for_the_time(dated: Desk) -> None:
    dated.write(COMPANY + CARDS + GRANT)
    assert "has ended" not in dated.run("check").output
    later(dated, 10)
    assert "grants.fair: has ended; remove it from the configuration (until" in dated.run("check").output
