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
    "cardholders.jenny: Stripe requires individual.card_issuing.user_terms_acceptance.date and "
    "individual.card_issuing.user_terms_acceptance.ip; until that is resolved, its cards cannot be "
    "activated, and their purchases are declined"
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

    assert (
        "Note: cards.ads: cannot be activated until Stripe's requirements for cardholders.jenny are met"
        in (held.run("plan").stdout)
    )


def test_a_plan_that_brings_what_is_wanted_says_nothing(held: Desk):
    held.write(PERSON + TERMS + CARD % "active")

    assert "Note:" not in held.run("plan").stdout
    held.run("apply", "--auto-approve")
    assert held.run("drift").stdout.endswith("\n\nNo drift. Stripe matches the last apply.\n")


def test_drift_warns_and_is_none(held: Desk):
    text = held.run("drift", code=0).stdout
    found = json.loads(held.run("drift", "--format", "json", code=0).stdout)
    markdown = held.run("drift", "--format", "markdown", code=0).stdout

    assert ": blocked by Stripe\n      Stripe requires individual.card_issuing" in text
    assert text.endswith("No drift. Stripe matches the last apply. Blocked by Stripe: 1.\n")
    assert (found["summary"]["drift"], found["summary"]["warnings"]) == (0, 1)
    assert [warning["address"] for warning in found["warnings"]] == ["cardholders.jenny"]
    assert found["drift"] == []
    assert "#### Blocked by Stripe" in markdown


def test_drift_with_a_cache_warns_each_time(held: Desk):
    held.run("drift", "--cache", "c")

    assert "Blocked by Stripe: 1." in held.run("drift", "--cache", "c").stdout


def test_a_review_of_stripes_own_is_told(held: Desk):
    held.write(PERSON + TERMS + CARD % "active")
    held.run("apply", "--auto-approve")
    identity = held.live("cardholders")["cardholders.jenny"]["id"]
    act = {"act": "disable_cardholder", "id": identity, "value": "under_review"}
    held.control("act", json.dumps(act).encode())

    assert "cardholders.jenny: Stripe has disabled it (under_review); until that is resolved," in (
        held.run("plan", "--detailed-exitcode", code=0).stdout
    )


NOBODY = PERSON.partition("    individual:")[0]


def test_a_plan_says_what_stripe_will_want_of_who_is_new(desk: Desk):
    desk.write(NOBODY + CARD % "active")
    text = desk.run("plan").stdout

    assert (
        "Note: cardholders.jenny: Stripe will require individual.first_name, individual.last_name, "
        "individual.card_issuing.user_terms_acceptance.date and "
        "individual.card_issuing.user_terms_acceptance.ip (and perhaps individual.dob); "
    ) in text
    assert (
        "Note: cards.ads: cannot be activated until Stripe's requirements for cardholders.jenny are met"
        in text
    )


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
    assert "; Stripe requires individual.card_issuing.user_terms_acceptance.date, " in said
    assert "individual.first_name and individual.last_name" in said


def test_facts_and_the_card_come_in_one_edit(held: Desk):
    held.write(PERSON + TERMS + CARD.replace("ads", "second") % "active")

    held.run("apply", "--auto-approve")
    assert held.live()["cards.second"]["status"] == "active"


ADS = "cards:\n  ads: {cardholder: acme, type: virtual, currency: usd, status: active%s}\n"
INDIVIDUAL = COMPANY.replace("type: company", "type: individual")
FACTS = "    individual:\n      first_name: Ann\n      last_name: Lee\n" + TERMS
ENDS = (
    "1 working card would end, and its replacement cannot be activated (cards.ads); see the notes; to allow "
    "it once, pass --allow stranded=1"
)


@pytest.fixture
def working(desk: Desk) -> Desk:
    """A desk with a company and a working card, whose holder is declared to be a person of no name."""
    desk.write(COMPANY + ADS % "")
    desk.run("apply", "--auto-approve")
    desk.write(INDIVIDUAL + ADS % "")
    return desk


def test_a_working_card_does_not_end_for_one_that_cannot_be_activated(working: Desk):
    before = working.live()["cards.ads"]["id"]
    said = working.run("plan").stdout
    refused = working.run("apply", "--auto-approve", code=3)

    assert (
        "Note: cards.ads: will be canceled, and its replacement cannot be activated until Stripe's "
        "requirements for cardholders.acme are met\n"
    ) in said
    assert ENDS in said
    assert ENDS in refused.stderr
    assert (working.live()["cards.ads"]["id"], working.live()["cards.ads"]["status"]) == (before, "active")
    assert working.run("plan").stdout == said


def test_it_ends_when_that_is_what_is_wanted(working: Desk):
    working.run("apply", "--auto-approve", "--allow", "stranded=1", code=5)

    assert working.live()["cards.ads"]["status"] == "inactive"
    again = working.run("plan").stdout
    assert "stranded" not in again
    assert (
        "Note: cards.ads: cannot be activated until Stripe's requirements for cardholders.acme are met\n"
        in again
    )


def test_with_what_is_wanted_the_card_moves_on(working: Desk):
    working.write(INDIVIDUAL + FACTS + ADS % "")

    working.run("apply", "--auto-approve")

    assert working.live()["cards.ads"]["status"] == "active"


def test_a_lost_card_ends_all_the_same(working: Desk):
    working.write(INDIVIDUAL + ADS % ", lifecycle: {reissue: {number: 1, reason: lost}}")

    assert "stranded" not in working.run("plan").stdout


def test_a_card_that_does_not_work_ends_all_the_same(working: Desk):
    identity = working.live()["cards.ads"]["id"]
    working.sdk.v1.issuing.cards.update(identity, {"status": "inactive"})

    assert "stranded" not in working.run("plan").stdout


def test_an_expired_card_of_a_holder_that_is_held_back_stays_until_its_successor_works(held: Desk):
    held.write(PERSON + TERMS + CARD % "active")
    held.run("apply", "--auto-approve")
    identity = held.live("cardholders")["cardholders.jenny"]["id"]
    act = {"act": "disable_cardholder", "id": identity, "value": "under_review"}
    held.control("act", json.dumps(act).encode())
    reissue = "active, lifecycle: {reissue: {number: 1, reason: expired}}"
    held.write(PERSON + TERMS + CARD % reissue)

    said = held.run("plan").stdout

    assert "Note: cards.ads: stays in use for now: its replacement cannot be activated until Stripe" in said
    assert "stranded" not in said
