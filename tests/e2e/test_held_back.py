"""What Stripe still wants of a cardholder: told by plans and drift, and neither a change nor drift."""

import json

import pytest

from e2e.conftest import COMPANY, Desk

PERSON = """
cardholders:
  jenny:
    type: individual
    name: Jenny Rosen
    billing:
      address: {line1: 510 Canary Street, city: San Francisco, state: CA, postal_code: "94103", country: US}
    individual:
      first_name: Jenny
      last_name: Rosen
"""
TERMS = '      card_issuing: {user_terms_acceptance: {date: 1700000000, ip: "203.0.113.7"}}\n'
CARD = "cards:\n  ads: {cardholder: jenny, type: virtual, currency: usd, status: %s}\n"
WANTED = (
    "cardholders.jenny: Stripe wants individual.card_issuing.user_terms_acceptance.date and "
    "individual.card_issuing.user_terms_acceptance.ip; until that is settled its cards cannot be activated, "
    "and all that they buy is declined"
)


@pytest.fixture
def held(desk: Desk) -> Desk:
    """A desk with a person who has not accepted the terms, applied."""
    desk.write(PERSON + CARD % "inactive")
    desk.run("apply", "--auto-approve")
    return desk


def test_a_plan_says_what_stripe_wants_and_is_empty(held: Desk):
    text = held.run("plan", "--detailed-exitcode", code=0).stdout

    assert f"Note: {WANTED}\n" in text
    assert text.endswith("No changes. Stripe matches the configuration.\n")


def test_a_plan_says_which_activation_will_fail(held: Desk):
    held.write(PERSON + CARD % "active")

    assert "Note: cards.ads: cannot be activated as long as Stripe holds back cardholders.jenny" in (
        held.run("plan").stdout
    )


def test_a_plan_that_brings_what_is_wanted_says_nothing(held: Desk):
    held.write(PERSON + TERMS + CARD % "active")

    assert "Note:" not in held.run("plan").stdout
    held.run("apply", "--auto-approve")
    assert held.run("drift").stdout == "No drift. Stripe is as it was last applied.\n"


def test_drift_warns_and_is_none(held: Desk):
    text = held.run("drift", code=0).stdout
    found = json.loads(held.run("drift", "--format", "json", code=0).stdout)
    markdown = held.run("drift", "--format", "markdown", code=0).stdout

    assert ": held back by Stripe\n      Stripe wants individual.card_issuing" in text
    assert text.endswith("No drift. Stripe is as it was last applied. Held back by Stripe: 1.\n")
    assert (found["summary"]["drift"], found["summary"]["warnings"]) == (0, 1)
    assert [warning["address"] for warning in found["warnings"]] == ["cardholders.jenny"]
    assert found["drift"] == []
    assert "#### Held back by Stripe" in markdown


def test_drift_with_a_cache_warns_each_time(held: Desk):
    held.run("drift", "--cache", "c")

    assert "Held back by Stripe: 1." in held.run("drift", "--cache", "c").stdout


def test_a_review_of_stripes_own_is_told(held: Desk):
    held.write(PERSON + TERMS + CARD % "active")
    held.run("apply", "--auto-approve")
    identity = held.live("cardholders")["cardholders.jenny"]["id"]
    act = {"act": "disable_cardholder", "id": identity, "value": "under_review"}
    held.control("act", json.dumps(act).encode())

    assert "cardholders.jenny: Stripe holds it back (under_review); until that is settled" in (
        held.run("plan", "--detailed-exitcode", code=0).stdout
    )


NOBODY = PERSON.partition("    individual:")[0]


def test_a_plan_says_what_stripe_will_want_of_who_is_new(desk: Desk):
    desk.write(NOBODY + CARD % "active")
    text = desk.run("plan").stdout

    assert (
        "Note: cardholders.jenny: Stripe will want individual.first_name, individual.last_name, "
        "individual.card_issuing.user_terms_acceptance.date and "
        "individual.card_issuing.user_terms_acceptance.ip (and perhaps individual.dob); "
    ) in text
    assert "Note: cards.ads: cannot be activated as long as Stripe holds back cardholders.jenny" in text


def test_a_plan_of_a_person_with_all_that_is_wanted_says_nothing(desk: Desk):
    desk.write(PERSON + TERMS + CARD % "active")

    assert "Note:" not in desk.run("plan").stdout


@pytest.mark.parametrize("before", ["", "inactive"])
def test_a_refused_card_names_what_is_outstanding(desk: Desk, before: str):
    if before:
        desk.write(NOBODY + CARD % before)
        desk.run("apply", "--auto-approve")
    desk.write(NOBODY + CARD % "active")
    said = desk.run("apply", "--auto-approve", code=None).stdout

    assert "outstanding requirements" in said
    assert "; Stripe wants individual.card_issuing.user_terms_acceptance.date, " in said
    assert "individual.first_name and individual.last_name" in said


def test_facts_and_the_card_come_in_one_edit(held: Desk):
    held.write(PERSON + TERMS + CARD.replace("ads", "second") % "active")

    held.run("apply", "--auto-approve")
    assert held.live()["cards.second"]["status"] == "active"


def test_a_plan_says_that_a_card_ends_whose_successor_cannot_be_activated(desk: Desk):
    card = "cards:\n  ads: {cardholder: acme, type: virtual, currency: usd, status: active}\n"
    desk.write(COMPANY + card)
    desk.run("apply", "--auto-approve")
    desk.write(COMPANY.replace("type: company", "type: individual") + card)

    said = desk.run("plan").stdout

    assert (
        "Note: cards.ads: ends, and its successor cannot be activated as long as Stripe holds back "
        "cardholders.acme\n"
    ) in said
