"""Plans name what is likely a mistake, and the command that fixes it; environments have sandboxes apart."""

import json
import re
from typing import Any

import pytest

from e2e.conftest import BARE_CARD, CARD, COMPANY, Desk

ADDRESS = {
    "line1": "510 Canary Street",
    "city": "San Francisco",
    "state": "CA",
    "postal_code": "94103",
    "country": "US",
}


def made_by_hand(desk: Desk, name: str, email: str) -> str:
    params: Any = {"type": "company", "name": name, "email": email, "billing": {"address": ADDRESS}}
    return str(desk.sdk.v1.issuing.cardholders.create(params).id)


def test_a_cardholder_that_exists_unmanaged_is_named_with_the_import(desk: Desk) -> None:
    twin = made_by_hand(desk, "Acme Inc", "canary@acme.example")
    other = made_by_hand(desk, "Acme Inc", "another@acme.example")
    desk.write(COMPANY)

    notes = json.loads(desk.run("plan", "--format", "json").stdout)["notes"]

    [note] = [each for each in notes if each["address"] == "cardholders.acme"]
    assert f"provisioner import cardholders.acme {twin}" in note["text"]
    assert other not in note["text"]
    assert "canary" not in note["text"]
    desk.run("import", "cardholders.acme", twin, "--auto-approve")
    assert json.loads(desk.run("plan", "--format", "json").stdout)["notes"] == []


def test_environments_have_sandboxes_apart(desk: Desk) -> None:
    desk.write(COMPANY)
    for name in ("dev", "prod"):
        desk.write("version: 1\n", f"environments/{name}.yaml")

    desk.run("apply", "--env", "dev", "--sandbox", "--auto-approve")

    assert "No changes." in desk.run("plan", "--env", "dev", "--sandbox").stdout
    assert "1 to create" in desk.run("plan", "--env", "prod", "--sandbox").stdout
    assert "1 to create" in desk.run("plan", "--sandbox").stdout
    assert (desk.folder / ".provisioner" / "sandbox-dev.db").exists()


def notes(desk: Desk, *words: str) -> dict[str, str]:
    """The notes of a plan, by address."""
    found = json.loads(desk.run("plan", "--format", "json", *words).stdout)["notes"]
    return {note["address"]: note["text"] for note in found}


def apply(desk: Desk, text: str) -> None:
    desk.write(text)
    desk.run("apply", "--auto-approve")


PERSON = """
cardholders:
  jenny:
    type: individual
    name: Jenny Rosen
    email: canary@acme.example
    phone_number: "+18008675309"
    individual:
      first_name: Jenny
      last_name: Rosen
      dob: {day: 1, month: 2, year: 1990}
      card_issuing: {user_terms_acceptance: {date: 1700000000, ip: 203.0.113.9}}
    billing:
      address: {line1: 510 Canary Street, city: San Francisco, state: CA, postal_code: "94103", country: US}
"""


def also(called: str, **fields: str) -> str:
    """A second cardholder for PERSON, with other values in some fields."""
    block = PERSON.replace("\ncardholders:\n", "").replace("jenny:", f"{called}:")
    for field, value in fields.items():
        block = re.sub(rf"^    {field}: .*", f"    {field}: {value}", block, flags=re.MULTILINE)
    return block


def test_a_twin_is_named_with_a_cache_too(desk: Desk) -> None:
    desk.write(COMPANY)
    desk.run("plan", "--cache", "cache")
    made_by_hand(desk, "Acme Inc", "another@acme.example")
    twin = made_by_hand(desk, "Acme Inc", "canary@acme.example")
    desk.run("plan", "--cache", "cache", "--refresh")

    assert twin in notes(desk, "--cache", "cache")["cardholders.acme"]


@pytest.mark.parametrize("format_", ["text", "markdown", "html"])
def test_a_card_and_its_holder_under_other_names_look_renamed(desk: Desk, format_: str) -> None:
    apply(desk, COMPANY + CARD)
    desk.write(
        (COMPANY + CARD).replace("acme:", "corp:").replace(": acme", ": corp").replace("ads:", "search:")
    )

    said = desk.run("plan", "--format", format_).stdout

    for new, old in (("cardholders.corp", "cardholders.acme"), ("cards.search", "cards.ads")):
        name = old.partition(".")[2]
        assert f"looks like {old} under another name" in said
        assert f"`lifecycle: {{previously: [{name}]}}`" in said
        assert new in said


def test_the_yaml_that_a_note_on_a_rename_names_makes_it_one(desk: Desk) -> None:
    apply(desk, COMPANY + CARD)
    desk.write(COMPANY + CARD.replace("ads:", "search:"))
    fix = re.search(r"`(lifecycle: .*)`", notes(desk)["cards.search"])
    assert fix

    desk.write(COMPANY + CARD.replace("ads:", "search:") + f"    {fix[1]}\n")

    plan = json.loads(desk.run("plan", "--format", "json").stdout)
    assert plan["summary"]["rename"] == 1
    assert plan["notes"] == []


@pytest.mark.parametrize(
    "second",
    [
        CARD.replace("ads:", "search:").replace("2,000.00", "1,000.00"),
        CARD.replace("ads:", "search:").replace("virtual", "virtual\n    second_line: Search"),
        CARD.replace("ads:", "a:") + CARD.replace("\ncards:\n", "").replace("ads:", "b:"),
    ],
    ids=["another-limit", "another-print", "two-for-one"],
)
def test_a_card_that_replaces_another_one_on_purpose_does_not_look_renamed(desk: Desk, second: str) -> None:
    apply(desk, COMPANY + CARD)
    desk.write(COMPANY + second)

    assert notes(desk) == {}


@pytest.mark.parametrize(
    ("second", "same"),
    [
        (also("rosen"), "name and e-mail address"),
        (also("rosen", name="jenny  ROSEN", email="another@acme.example"), "name and phone number"),
        (also("rosen", name="Jennifer Rosen", phone_number='"+18008675308"'), "e-mail address"),
    ],
)
def test_two_names_for_one_person_are_said_once(desk: Desk, second: str, same: str) -> None:
    apply(desk, PERSON)
    desk.write(PERSON + second)

    [(address, note)] = notes(desk).items()
    assert address == "cardholders.rosen"
    assert f"has the same {same} as cardholders.jenny" in note
    assert "`cardholder: jenny`" in note
    assert "canary" not in note
    desk.run("apply", "--auto-approve")
    assert notes(desk) == {}


@pytest.mark.parametrize(
    "second",
    [
        also("namesake", email="another@acme.example", phone_number='"+18008675308"'),
        also("b", name="Ann Lee") + also("c", name="Bob Lee"),
        COMPANY.replace("\ncardholders:\n", "").replace("canary@", "cards@")
        + COMPANY.replace("\ncardholders:\n", "")
        .replace("acme:", "other:")
        .replace("Inc", "Ltd")
        .replace("canary@", "cards@"),
    ],
    ids=["namesakes", "a-shared-mailbox", "companies-with-one-mailbox"],
)
def test_what_people_may_share_is_no_mistake(desk: Desk, second: str) -> None:
    desk.write(PERSON + second)

    assert notes(desk) == {}


SCENARIO = """
scenarios:
  an-ad:
    card: ads
    amount: "10.00 USD"
    category: advertising_services
    expect: approved
"""


def test_a_scenario_without_its_card_is_named(desk: Desk) -> None:
    apply(desk, COMPANY + CARD + SCENARIO)

    desk.write(COMPANY + SCENARIO)
    said = [
        note for note in desk.run("plan").stdout.split("\n\n") if note.startswith("Note: scenarios.an-ad")
    ]
    assert any("cards.ads is not in the configuration" in note for note in said)
    desk.write(COMPANY + CARD.replace("ads:", "search:") + SCENARIO)
    assert "Set `card: search`" in notes(desk)["scenarios.an-ad"]
    previously = "    lifecycle: {previously: [ads]}\n"
    desk.write(COMPANY + CARD.replace("ads:", "search:") + previously + SCENARIO)
    assert "Set `card: search`" in notes(desk)["scenarios.an-ad"]
    desk.write(COMPANY + CARD.replace("ads:", "search:") + previously + SCENARIO.replace("ads", "search"))
    assert notes(desk) == {}


def test_a_card_that_loses_its_limits_is_named(desk: Desk) -> None:
    apply(desk, COMPANY + CARD)
    desk.write(COMPANY + BARE_CARD)

    assert "default of 500 per day" in notes(desk)["cards.ads"]
    desk.run("apply", "--auto-approve")
    assert notes(desk) == {}
