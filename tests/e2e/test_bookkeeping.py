"""Renames, and what the objects are told about their end: told apart from changes of what a card can do."""

import json

import pytest

from e2e.conftest import COMPANY, Desk, body

CARD = "cards:\n  {name}: {{cardholder: acme, type: virtual, currency: usd, status: {status}{more}}}\n"
RENAMED = ", lifecycle: {previously: [ads]}"


def card(name: str, more: str = "", status: str = "active") -> str:
    return COMPANY + CARD.format(name=name, more=more, status=status)


@pytest.fixture
def applied(desk: Desk) -> Desk:
    desk.write(card("ads"))
    desk.run("apply", "--auto-approve")
    return desk


def test_a_rename_is_no_update_in_any_view(applied: Desk):
    applied.write(card("search", RENAMED))

    document = json.loads(applied.run("plan", "--format", "json").stdout)
    text = applied.run("plan").stdout
    markdown = applied.run("plan", "--format", "markdown").stdout
    page = applied.run("plan", "--format", "html").stdout

    assert document["changes"][0]["bookkeeping"] == "rename"
    assert (document["summary"]["update"], document["summary"]["rename"]) == (0, 1)
    assert "# cards.search will be renamed (ic_" in text
    assert ": ownership metadata only\n  * card\n" in text
    assert text.endswith(", 0 to import, 1 to rename.\n")
    assert (
        "<code>cards.search</code> will be renamed: <code>address = cards.ads -&gt; cards.search" in markdown
    )
    assert "# ownership metadata only\n" in markdown
    assert '"c":"marks","h":"will be renamed","s":"*"' in page
    assert "cards.search: renamed (ic_" in applied.run("apply", "--auto-approve").output


def test_protection_is_a_mark(applied: Desk):
    applied.write(card("ads", ", lifecycle: {protect: true}"))

    text = applied.run("plan").stdout

    assert "# cards.ads will get new ownership metadata (ic_" in text
    assert text.endswith(", 0 to import, 1 to update (ownership metadata only).\n")


def test_a_rename_with_an_edit_is_an_update(applied: Desk):
    applied.write(card("search", RENAMED, status="inactive"))

    summary = json.loads(applied.run("plan", "--format", "json").stdout)["summary"]

    assert (summary["update"], summary["rename"]) == (1, 0)


def test_the_exit_code_can_leave_bookkeeping_out(applied: Desk):
    ignoring = ("--detailed-exitcode", "--exitcode-ignore", "bookkeeping")
    applied.write(card("search", RENAMED))

    applied.run("plan", "--detailed-exitcode", "--out", "plan.json", code=2)
    applied.run("plan", *ignoring, code=0)
    applied.run("show", "plan.json", *ignoring, code=0)
    applied.write(card("search", RENAMED, status="inactive"))
    applied.run("plan", *ignoring, code=2)


def test_a_value_that_was_live_already_is_taken_under_management(desk: Desk):
    unsaid = "cards:\n  ads: {cardholder: acme, type: virtual, currency: usd}\n"
    desk.write(COMPANY + unsaid)
    desk.run("apply", "--auto-approve")
    identity = desk.live()["cards.ads"]["id"]
    desk.sdk.v1.issuing.cards.update(identity, {"status": "active"})
    desk.write(card("ads"))

    text = desk.run("plan").stdout
    desk.run("apply", "--auto-approve")

    assert "+ managed = [status]" in text
    assert text.endswith(", 0 to import, 1 to update (ownership metadata only).\n")
    assert body(desk.run("plan").stdout) == "No changes. Stripe matches the configuration.\n"
    desk.sdk.v1.issuing.cards.update(identity, {"status": "inactive"})
    desk.run("drift", code=2)
    desk.sdk.v1.issuing.cards.update(identity, {"status": "active"})
    desk.write(COMPANY + unsaid)
    assert "~ status = active -> inactive" in desk.run("plan").stdout


def test_a_card_that_is_reactivated_by_hand_is_drift_also_when_nobody_applied_its_deactivation(applied: Desk):
    """Deactivated in Stripe first and in the YAML then: the plan has a note, once, and no change."""
    identity = applied.live()["cards.ads"]["id"]
    applied.sdk.v1.issuing.cards.update(identity, {"status": "inactive"})
    applied.write(card("ads", status="inactive"))
    applied.run("drift", "--cache", "drift.cache")

    text = applied.run("plan", "--detailed-exitcode", "--cache", "plan.cache", code=0).stdout
    document = json.loads(applied.run("plan", "--format", "json", "--cache", "plan.cache").stdout)
    applied.run("apply")

    assert text.endswith("No changes. Stripe matches the configuration.\n")
    assert "Note: cards.ads: status was changed in Stripe, and the configuration now says the same" in text
    assert (document["changes"], document["stopped_by"]) == ([], [])
    for words in (("plan",), ("plan", "--cache", "plan.cache")):
        assert body(applied.run(*words).stdout) == "No changes. Stripe matches the configuration.\n"
    applied.sdk.v1.issuing.cards.update(identity, {"status": "active"})
    for words in (("drift",), ("drift", "--cache", "drift.cache")):
        told = applied.run(*words, code=2).stdout
        assert "changed outside of provisioner (raises spending)" in told
        assert "~ status = inactive (configuration) -> active (Stripe)" in told
