"""Answers look as Stripe's do: by the SDK's classes, and by Stripe's own sample objects."""

import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest

from provisioner.sandbox.api.routes import ROUTES

from .conftest import ADDRESS, NEWEST_SDK
from .shapes import CLASSES, problems
from .uploads import upload

SAMPLES = json.loads((Path(__file__).parent / "data" / "stripe_samples.json").read_text())["resources"]
PREFIXES = {
    "account": "acct_",
    "balance_transaction": "txn_",
    "event": "evt_",
    "issuing.authorization": "iauth_",
    "issuing.card": "ic_",
    "issuing.cardholder": "ich_",
    "file": "file_",
    "issuing.dispute": "idp_",
    "issuing.token": "intok_",
    "issuing.transaction": "ipi_",
    "topup": "tu_",
    "webhook_endpoint": "we_",
}


def looks_and_disputes(api, holder: str) -> None:
    """Designs and disputes, in every state that they can have."""
    tests = "/v1/test_helpers/issuing"
    evidence, logo = (upload(api, purpose)["id"] for purpose in ("dispute_evidence", "issuing_logo"))
    for step in ("activate", "deactivate", "reject", None):
        asked = {
            "physical_bundle": "ics_SandboxStandardBlack",
            "card_logo": logo,
            "carrier_text": {"header_body": "a"},
        }
        design = api.ok("/v1/issuing/personalization_designs", asked)
        why = {"rejection_reasons": {"card_logo": ["other"]}} if step == "reject" else {}
        if step is not None:
            api.ok(f"{tests}/personalization_designs/{design['id']}/{step}", why)
    for outcome in ("win_dispute", "lose_dispute", None):
        taken = api.ok(f"{tests}/transactions", {"card": api.card(cardholder=holder)["id"], "amount": 300})
        because = {
            "reason": "fraudulent",
            "fraudulent": {"explanation": "a", "additional_documentation": evidence},
        }
        dispute = api.ok("/v1/issuing/disputes", {"transaction": taken["id"], "evidence": because})
        if outcome is not None:
            api.ok(f"/v1/issuing/disputes/{dispute['id']}/submit")
            api.control("act", {"act": "credit_dispute", "id": dispute["id"]})
            api.control("act", {"act": outcome, "id": dispute["id"]})


def a_busy_day(api) -> list[dict[str, Any]]:
    """One of everything, in many states."""
    topup = api.fund(100_000)
    limits = [{"amount": 90_000, "interval": "monthly", "categories": ["bakeries"]}]
    controls = {"allowed_merchant_countries": ["US"], "spending_limits": limits}
    person = api.person(email="jenny@example.com", preferred_locales=["en"], company={"tax_id": "1"})
    holder = api.cardholder(spending_controls={**controls, "spending_limits_currency": "usd"})
    shipping = {"name": "Jenny", "address": ADDRESS, "service": "priority", "customs": {"eori_number": "1"}}
    physical = {"cardholder": person["id"], "currency": "usd", "type": "physical", "shipping": shipping}
    plastic = api.ok(
        "/v1/issuing/cards", {**physical, "lifecycle_controls": {"cancel_after": {"payment_count": 3}}}
    )
    api.ok(f"/v1/test_helpers/issuing/cards/{plastic['id']}/shipping/ship")
    card = api.card(cardholder=holder["id"], spending_controls=controls)
    api.control("act", {"act": "add_token", "id": card["id"]})
    held = api.purchase(api.card(), 100)
    captured = api.purchase(api.card(), 200)
    api.ok(f"/v1/test_helpers/issuing/authorizations/{captured['id']}/capture")
    api.purchase(api.card(status="inactive"), 100)
    api.ok("/v1/webhook_endpoints", {"url": "http://127.0.0.1:9/", "enabled_events": ["topup.failed"]})
    api.ok("/v1/topups", {"amount": 5, "currency": "usd"})
    looks_and_disputes(api, holder["id"])
    assert (held["approved"], card["status"], topup["status"]) == (True, "active", "succeeded")
    lists = (
        "issuing/cards",
        "issuing/cardholders",
        "issuing/authorizations",
        "issuing/transactions",
        "topups",
        "events",
        "webhook_endpoints",
        "balance_transactions",
        "files",
        "issuing/disputes",
        "issuing/personalization_designs",
        "issuing/physical_bundles",
    )
    tokens = api.read("/v1/issuing/tokens", {"card": card["id"]})["data"]
    found = [item for url in lists for item in api.read(f"/v1/{url}", {"limit": 100})["data"]]
    found += tokens
    return [*found, *(item["data"]["object"] for item in found if item["object"] == "event")]


@pytest.fixture
def answers(api) -> list[dict[str, Any]]:
    return [*a_busy_day(api), api.read("/v1/account"), api.read("/v1/balance")]


@NEWEST_SDK
def test_answers_fit_the_sdks_classes(answers) -> None:
    assert {answer["object"] for answer in answers} == SAMPLES.keys()
    wrong = {problem for answer in answers for problem in problems(answer)}
    # Stripe's guide to card designs has this purpose of files, and the SDK has not.
    assert {problem for problem in wrong if "issuing_logo" not in problem} == set()


def test_answers_have_at_least_the_fields_of_stripes_samples(answers) -> None:
    for answer in answers:
        assert SAMPLES[answer["object"]].keys() - answer.keys() == set(), answer["object"]


def surplus_nulls(answer: Any, sample: Any, path: str) -> set[str]:
    """Fields that are null here and not in the sample at all: null may not be allowed, absent always is."""
    if isinstance(answer, list) and isinstance(sample, list) and sample:
        return {null for item in answer for null in surplus_nulls(item, sample[0], f"{path}[]")}
    if not (isinstance(answer, dict) and isinstance(sample, dict)) or not sample:
        return set()
    nulls = {f"{path}.{name}" for name, value in answer.items() if value is None and name not in sample}
    return nulls.union(
        *(surplus_nulls(answer[n], sample[n], f"{path}.{n}") for n in answer.keys() & sample.keys())
    )


def test_nothing_is_null_that_stripes_samples_leave_out(answers) -> None:
    kinds = [(answer, SAMPLES[answer["object"]]) for answer in answers if answer["object"] != "event"]
    assert {
        null for answer, sample in kinds for null in surplus_nulls(answer, sample, answer["object"])
    } == set()


def test_ids_times_and_modes(answers) -> None:
    for answer in answers:
        prefix = PREFIXES.get(answer["object"])
        if prefix is not None:
            assert re.fullmatch(prefix + "[A-Za-z0-9]{16,24}", answer["id"])
            assert 1_700_000_000 < answer["created"] < 4_000_000_000
        if "livemode" in SAMPLES[answer["object"]]:
            assert answer["livemode"] is False


def test_nothing_of_the_sandboxs_own_is_told(answers) -> None:
    def names(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {name for item in value.values() for name in names(item)}
        return {name for item in value for name in names(item)} if isinstance(value, list) else set()

    told = names(answers)
    assert not {name for name in told if name.startswith("_")}
    assert not {"number", "cvc", "secret", "tax_id_value"} & told


def test_whatever_the_sdk_says_is_expandable_can_be_asked_for(answers) -> None:
    kinds = {route.answers.object: route.answers for route in ROUTES}
    for name in {answer["object"] for answer in answers} & kinds.keys():
        written = inspect.getsource(CLASSES[name])  # evaluated, it is a mere union
        named = set(re.findall(r"^    (\w+): (?:Optional\[\s*)?ExpandableField", written, re.MULTILINE))
        assert bool(named) == bool(kinds[name].expandable), name
        assert named <= kinds[name].expandable.keys() | kinds[name].embedded.keys(), name
