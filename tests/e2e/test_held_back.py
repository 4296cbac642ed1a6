"""What Stripe still wants of a cardholder: told by plans and drift, and neither a change nor drift."""

import json

import pytest

from e2e.conftest import Desk

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
