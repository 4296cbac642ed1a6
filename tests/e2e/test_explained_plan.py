"""`plan --explain` says when and by which request each value was changed that the plan sets back."""

import json
import re

import pytest

from e2e.conftest import CARD, COMPANY, Desk

PATH = "status"
READS = dict.fromkeys(("issuing_card", "issuing_cardholder", "account"), "read")


@pytest.fixture
def frozen(desk: Desk) -> Desk:
    """A card that somebody has frozen in Stripe, and another e-mail in the YAML."""
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    desk.sdk.v1.issuing.cards.update(desk.live()["cards.ads"]["id"], {"status": "inactive"})
    desk.write(COMPANY.replace("canary@", "other@") + CARD)
    return desk


def explained(desk: Desk, *words: str) -> tuple[dict[str, dict[str, str] | None], list[str]]:
    """The event of each edit by its path, and the texts of the notes, of a plan as JSON."""
    plan = json.loads(desk.run("plan", "--explain", "--format", "json", *words).stdout)
    edits = {edit["path"]: edit.get("trace") for change in plan["changes"] for edit in change["edits"]}
    return edits, [note["text"] for note in plan["notes"]]


@pytest.mark.parametrize("format_", ["text", "markdown", "html"])
def test_each_value_that_is_set_back_has_its_time_and_request(frozen: Desk, format_: str) -> None:
    [event] = [event for event in frozen.sdk.v1.events.list().data if event.type == "issuing_card.updated"]

    request = event.to_dict()["request"]["id"]  # older SDKs have a method of that name
    said = frozen.run("plan", "--explain", "--format", format_).stdout

    assert re.search(
        r"cards\.ads: status is inactive in Stripe; this plan sets it to active \(raises spending\)\. "
        rf"Changed at \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC by request {request} \({event.id}\)",
        said,
    )
    assert event.id not in frozen.run("plan", "--format", format_).stdout


def test_what_the_configuration_changed_has_none(frozen: Desk) -> None:
    traces, notes = explained(frozen)

    assert traces["email"] is None
    assert traces[PATH] is not None
    assert traces[PATH]["request"].startswith("req_")
    assert notes == []


def test_a_saved_plan_keeps_them_and_is_applied_as_any_other(frozen: Desk) -> None:
    frozen.run("plan", "--explain", "--out", "plan.json")

    assert " by request req_" in frozen.run("show", "plan.json").stdout
    frozen.run("apply", "plan.json", "--auto-approve", "--allow", "reverted=1")
    assert frozen.live()["cards.ads"]["status"] == "active"


def test_events_that_are_gone_are_said_in_one_line(frozen: Desk) -> None:
    frozen.control("clock", json.dumps({"advance": 31 * 86_400}).encode())

    traces, [note] = explained(frozen)

    assert traces[PATH] is None
    assert note == "Stripe has no event of the last 30 days for 1 value changed outside of provisioner"
    assert note in frozen.run("drift", "--explain", code=2).stderr


def test_a_key_that_cannot_read_events_still_plans(frozen: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen.control("keys", json.dumps({"key": "rk_test_canary", "permissions": READS}).encode())
    monkeypatch.setenv("STRIPE_API_KEY", "rk_test_canary")

    traces, [note] = explained(frozen)

    assert traces[PATH] is None
    assert "rak_event_read" in note
    assert "rak_event_read" in frozen.run("drift", "--explain", code=2).stderr


def test_nothing_is_read_for_a_plan_that_sets_nothing_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(COMPANY + CARD)
    desk.control("keys", json.dumps({"key": "rk_test_canary", "permissions": READS}).encode())
    monkeypatch.setenv("STRIPE_API_KEY", "rk_test_canary")

    assert explained(desk)[1] == []


def test_the_check_of_a_pull_request_says_it_unasked(frozen: Desk) -> None:
    said = frozen.run("check", "--format", "markdown", code=3).stdout

    assert re.search(r"status is inactive in Stripe; .* Changed at .* UTC by request req_\w+", said)


@pytest.mark.parametrize("format_", ["text", "markdown", "html"])
def test_a_card_that_was_canceled_or_activated_as_a_whole_is_listed_too(desk: Desk, format_: str) -> None:
    other = CARD.replace("ads:", "old:").replace("\ncards:\n", "")
    desk.write(COMPANY + CARD + other)
    desk.run("apply", "--auto-approve")
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    for name, status in (("cards.ads", "canceled"), ("cards.old", "active")):
        desk.sdk.v1.issuing.cards.update(desk.live()[name]["id"], {"status": status})

    said = desk.run("plan", "--explain", "--format", format_).stdout

    when = r"\. Changed at .{19} UTC by request req_\w+ \(evt_\w+\)"
    outside = "outside of provisioner"
    created = rf"cards\.ads will be created: the previous card was canceled {outside}{when}"
    assert re.search(created, said)
    ended = rf"cards\.old will be deactivated: activated {outside}, and no longer in the configuration{when}"
    assert re.search(ended, said)
    if format_ == "text":
        assert said.index("Changed outside of provisioner") < said.index("Blast radius")
