"""Whatever somebody has tightened in Stripe stays so, until a person says otherwise or the YAML agrees."""

import json
from typing import Any

import pytest

from e2e.conftest import BARE_CARD, COMPANY, Desk

SYNC = "No changes. Stripe matches the configuration.\n"
HOLDER = COMPANY + "    status: active\n"
CONTROLS = """\
    spending_controls:
      allowed_categories: [advertising_services, book_stores]
      spending_limits: [{amount: 2000, interval: monthly}]
"""
CARD = BARE_CARD + CONTROLS
LIMITS: dict[str, Any] = {"spending_controls": {"spending_limits": [{"amount": 500, "interval": "monthly"}]}}
CATEGORIES: dict[str, Any] = {"spending_controls": {"allowed_categories": ["book_stores"]}}
TIGHTER = [
    ("cards", {"status": "inactive"}, ("active", "inactive")),
    ("cards", LIMITS, ("2000", "500")),
    ("cards", CATEGORIES, ("[advertising_services, book_stores]", "[book_stores]")),
    ("cardholders", {"status": "inactive"}, ("    status: active\n\ncards", "    status: inactive\n\ncards")),
]


def by_hand(desk: Desk, resource: str, params: dict[str, Any]) -> str:
    [(address, item)] = desk.live(resource).items()
    if inner := params.get("spending_controls"):  # Stripe replaces the hash
        had = item["spending_controls"]
        kept = {name: had[name] for name in ("allowed_categories", "spending_limits") if name in had}
        params = {"spending_controls": {**kept, **inner}}
    getattr(desk.sdk.v1.issuing, resource).update(item["id"], params)
    return str(address)


def begin(desk: Desk) -> None:
    desk.write(HOLDER + CARD)
    desk.run("apply", "--auto-approve")


@pytest.mark.parametrize(("resource", "params", "yaml"), TIGHTER)
def test_an_apply_stops_before_it_undoes_a_tightening_made_in_stripe(
    desk: Desk, resource: str, params: dict[str, Any], yaml: tuple[str, str]
) -> None:
    begin(desk)
    address = by_hand(desk, resource, params)
    desk.write((HOLDER + CARD).replace("canary@acme", "other@acme"))

    said = desk.run("apply", "--auto-approve", code=3).output

    assert f"this plan reverts a tightening made outside of provisioner ({address}: " in said
    assert "--allow reverted=1" in said
    assert desk.live("cardholders")["cardholders.acme"]["email"] == "canary@acme.example"

    (old, new) = yaml
    agrees = (HOLDER + CARD).replace(old, new)
    assert agrees != HOLDER + CARD
    desk.write(agrees)
    desk.run("apply", "--auto-approve")
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout

    desk.write(HOLDER + CARD)  # from here on it is the configuration that changes
    desk.run("apply", "--auto-approve")
    by_hand(desk, resource, params)
    desk.run("apply", "--auto-approve", "--allow", "reverted=1")
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout


def test_a_plan_says_of_each_value_which_side_has_moved(desk: Desk) -> None:
    begin(desk)
    by_hand(desk, "cards", {"status": "inactive"})
    desk.write((HOLDER + CARD).replace("canary@acme", "other@acme").replace("2000", "1000"))

    document = json.loads(desk.run("plan", "--format", "json").stdout)
    text = desk.run("plan").stdout

    moved = {edit["path"]: edit["moved"] for change in document["changes"] for edit in change["edits"]}
    assert moved["status"] == "live"
    assert moved["email"] == "yaml"
    assert moved["spending_controls.spending_limits[0].amount"] == "yaml"
    reasons = {change["address"]: change["reason"] for change in document["changes"]}
    assert reasons["cardholders.acme"] == "configuration changed"
    assert reasons["cards.ads"] == "changed in the configuration and outside of provisioner"
    assert [stop["guardrail"] for stop in document["stopped_by"]] == ["reverted"]
    assert "Changed outside of provisioner (this plan reverts it)" in text
    assert "cards.ads: status is inactive in Stripe; this plan sets it to active" in text


def test_every_edit_has_the_side_that_moved_even_if_it_is_not_known(desk: Desk) -> None:
    desk.write(HOLDER + CARD)

    changes = json.loads(desk.run("plan", "--format", "json").stdout)["changes"]

    assert {edit["moved"] for change in changes for edit in change["edits"]} == {""}


def test_what_was_widened_in_stripe_is_reverted_without_being_asked(desk: Desk) -> None:
    begin(desk)
    by_hand(
        desk, "cards", {"spending_controls": {"spending_limits": [{"amount": 9000, "interval": "monthly"}]}}
    )

    said = desk.run("apply", "--auto-approve").output

    assert "changed outside of provisioner" in said
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout


def test_both_sides_may_move_one_value(desk: Desk) -> None:
    begin(desk)
    by_hand(desk, "cards", LIMITS)
    desk.write((HOLDER + CARD).replace("2000", "3000"))

    document = json.loads(desk.run("plan", "--format", "json").stdout)

    assert [edit["moved"] for change in document["changes"] for edit in change["edits"]] == ["both"]
    desk.run("apply", "--auto-approve", code=3)
    desk.write((HOLDER + CARD).replace("2000", "400"))
    desk.run("apply", "--auto-approve")


def test_a_saved_plan_from_before_a_freeze_is_not_applied(desk: Desk) -> None:
    begin(desk)
    desk.write((HOLDER + CARD).replace("2000", "3000"))
    desk.run("plan", "--out", "plan.json")
    by_hand(desk, "cards", {"status": "inactive"})

    assert desk.run("apply", "plan.json", "--auto-approve", code=None).exit_code in (3, 4)

    assert desk.live()["cards.ads"]["status"] == "inactive"


def test_a_card_that_was_retired_and_is_declared_again_is_the_configurations_move(desk: Desk) -> None:
    begin(desk)
    desk.write(HOLDER)
    desk.run("apply", "--auto-approve")
    desk.write(HOLDER + CARD)

    document = json.loads(desk.run("plan", "--format", "json").stdout)

    assert {edit["moved"] for change in document["changes"] for edit in change["edits"]} == {"yaml"}
    desk.run("apply", "--auto-approve")


def test_a_run_that_was_stopped_between_two_calls_goes_on(desk: Desk) -> None:
    """Its first call lowers one limit and keeps the other: neither the old limits nor the declared ones."""
    row = "{amount: %d, interval: daily}, {amount: %d, interval: monthly}"
    limits = f"    spending_controls: {{spending_limits: [{row}]}}\n"
    desk.write(HOLDER + limits % (5000, 40_000) + CARD)
    desk.run("apply", "--auto-approve")
    desk.write(HOLDER + limits % (9000, 30_000) + CARD)
    fault = {"effect": "500_began", "match": "POST /v1/issuing/*", "skip": 1, "count": 100}
    desk.control("faults", json.dumps({"faults": [fault]}).encode())
    desk.run("apply", "--auto-approve", code=None)
    desk.control("faults", b'{"faults": []}')

    document = json.loads(desk.run("plan", "--format", "json").stdout)

    edits = {edit["path"]: edit["moved"] for change in document["changes"] for edit in change["edits"]}
    assert edits == {"spending_controls.spending_limits[0].amount": "yaml"}
    desk.run("apply", "--auto-approve")
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout


def test_a_replacement_that_was_stopped_before_its_activation_goes_on(desk: Desk) -> None:
    begin(desk)
    desk.write(HOLDER + CARD + "    second_line: Marketing\n")
    fault = {"effect": "500_began", "match": "POST /v1/issuing/cards/*", "count": 100}
    desk.control("faults", json.dumps({"faults": [fault]}).encode())
    desk.run("apply", "--auto-approve", code=None)
    assert sorted(card.status for card in desk.sdk.v1.issuing.cards.list().data) == ["active", "inactive"]
    desk.control("faults", b'{"faults": []}')

    desk.run("apply", "--auto-approve")

    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout


def test_a_successor_that_somebody_freezes_stays_frozen(desk: Desk) -> None:
    begin(desk)
    desk.write(HOLDER + CARD + "    second_line: Marketing\n")
    desk.run("apply", "--auto-approve")
    by_hand(desk, "cards", {"status": "inactive"})
    desk.run("apply", "--auto-approve", code=3)
    desk.write(HOLDER + CARD)
    desk.run("apply", "--auto-approve", "--allow", "reverted=1", code=None)
    desk.sdk.v1.issuing.cards.update(desk.live()["cards.ads"]["id"], {"status": "canceled"})
    desk.run("apply", "--auto-approve")
    by_hand(desk, "cards", {"status": "inactive"})

    desk.run("apply", "--auto-approve", code=3)


def test_an_active_card_that_a_race_left_marked_as_waiting_is_not_unfrozen(desk: Desk) -> None:
    """A rename that was planned before another run activated the card has written the word back."""
    begin(desk)
    card = desk.live()["cards.ads"]
    told = f"{card['metadata']['provisioner_lifecycle']} to_activate"
    desk.sdk.v1.issuing.cards.update(card["id"], {"metadata": {"provisioner_lifecycle": told}})
    desk.write(HOLDER + CARD + "    metadata: {team: a}\n")
    desk.run("apply", "--auto-approve")
    by_hand(desk, "cards", {"status": "inactive"})

    desk.run("apply", "--auto-approve", code=3)


def test_a_card_that_is_activated_and_later_frozen_by_hand_stays_frozen(desk: Desk) -> None:
    """The run that created it was stopped before the activation, and a person has made it instead."""
    begin(desk)
    desk.write(HOLDER + CARD + "    second_line: Marketing\n")
    fault = {"effect": "500_began", "match": "POST /v1/issuing/cards/*", "count": 100}
    desk.control("faults", json.dumps({"faults": [fault]}).encode())
    desk.run("apply", "--auto-approve", code=None)
    desk.control("faults", b'{"faults": []}')
    [new] = [card for card in desk.sdk.v1.issuing.cards.list().data if card.status == "inactive"]
    desk.sdk.v1.issuing.cards.update(new.id, {"status": "active"})
    desk.run("apply", "--auto-approve")
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout
    by_hand(desk, "cards", {"status": "inactive"})

    desk.run("apply", "--auto-approve", code=3)


def test_a_restriction_set_in_stripe_is_not_widened_by_the_configuration_that_comes_to_name_it(
    desk: Desk,
) -> None:
    desk.write(HOLDER + BARE_CARD)
    desk.run("apply", "--auto-approve")
    by_hand(desk, "cards", CATEGORIES)
    desk.write(HOLDER + CARD)

    said = desk.run("apply", "--auto-approve", code=3).output

    assert "cards.ads: spending_controls.allowed_categories" in said
    desk.run("apply", "--auto-approve", "--allow", "reverted=1")
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout


def test_a_replacement_does_not_drop_a_freeze_that_the_configuration_ignores(desk: Desk) -> None:
    ignored = CARD + "    lifecycle: {ignore: [status]}\n"
    desk.write(HOLDER + ignored)
    desk.run("apply", "--auto-approve")
    by_hand(desk, "cards", {"status": "inactive"})
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout
    desk.write(HOLDER + ignored + "    second_line: Marketing\n")

    said = desk.run("apply", "--auto-approve", code=3).output

    assert "cards.ads: status, which the replacement will not have" in said
    assert "--allow reverted=1" in said


def test_a_replacement_does_not_drop_limits_that_the_configuration_does_not_name(desk: Desk) -> None:
    desk.write(HOLDER + BARE_CARD)
    desk.run("apply", "--auto-approve")
    desk.write(HOLDER + BARE_CARD + "    second_line: Marketing\n")
    assert desk.run("plan", "--format", "json").stdout.count('"guardrail"') == 0
    by_hand(desk, "cards", CATEGORIES)

    said = desk.run("apply", "--auto-approve", code=3).output

    assert "cards.ads: spending_controls.allowed_categories, which the replacement will not have" in said


def test_an_imported_card_is_widened_by_its_configuration_without_being_asked(desk: Desk) -> None:
    """Nothing was moved in Stripe since the import, not even what the configuration does not name."""
    begin(desk)
    card = desk.live()["cards.ads"]
    controls = {
        "spending_limits": [{"amount": 500, "interval": "monthly"}],
        "blocked_merchant_countries": ["FR"],
    }
    unmanaged = dict.fromkeys(card["metadata"], "")
    desk.sdk.v1.issuing.cards.update(card["id"], {"spending_controls": controls, "metadata": unmanaged})
    desk.run("import", "cards.ads", card["id"], "--auto-approve")

    document = json.loads(desk.run("plan", "--format", "json").stdout)

    assert {edit["moved"] for change in document["changes"] for edit in change["edits"]} == {"yaml"}
    desk.run("apply", "--auto-approve")
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout


def test_a_freeze_in_the_middle_of_a_replacement_is_not_lifted_by_its_successor(desk: Desk) -> None:
    begin(desk)
    desk.write(HOLDER + CARD + "    second_line: Marketing\n")
    fault = {"effect": "500_began", "match": "POST /v1/issuing/cards/*", "count": 100}
    desk.control("faults", json.dumps({"faults": [fault]}).encode())
    desk.run("apply", "--auto-approve", code=None)
    desk.control("faults", b'{"faults": []}')
    [old] = [card for card in desk.sdk.v1.issuing.cards.list().data if card.status == "active"]
    desk.sdk.v1.issuing.cards.update(old.id, {"status": "inactive"})

    desk.run("apply", "--auto-approve", code=3)

    desk.run("apply", "--auto-approve", "--allow", "reverted=1")
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout


@pytest.mark.parametrize("day", [4, 12])
def test_a_birthday_that_the_configuration_corrects_is_not_drift(desk: Desk, day: int) -> None:
    """The digest of a personal value is so short that other dates share it: here the 3rd and the 12th."""
    person = """\
version: 1
project: demo
cardholders:
  ada:
    type: individual
    name: Ada Lovelace
    email: ada@acme.example
    billing: {address: {line1: 1 Main Street, city: Austin, state: TX, postal_code: "78701", country: US}}
    individual:
      first_name: Ada
      last_name: Lovelace
      dob: {day: DAY, month: 12, year: 1990}
"""
    desk.write(person.replace("DAY", "3"))
    desk.run("apply", "--auto-approve")
    desk.write(person.replace("DAY", str(day)))

    document = json.loads(desk.run("plan", "--format", "json").stdout)

    assert {edit["moved"] for change in document["changes"] for edit in change["edits"]} == {"yaml"}
