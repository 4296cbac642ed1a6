"""Whatever a command prints as JSON fits its published schema, and every key of it is described there."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from reference.json_documents import schema
from referencing import Registry, Resource

from e2e.conftest import COMPANY, Desk

ROOT = Path(__file__).parents[2]
REGISTRY = Registry().with_resource("plan.schema.json", Resource.from_contents(schema("plan")))
CARDS = """
cards:
  ads:
    cardholder: acme
    currency: usd
    type: virtual
    status: active
    spending_controls: {spending_limits: [{amount: "100.00 USD", interval: monthly}]}
scenarios:
  lunch: {card: ads, amount: "20.00 USD", category: eating_places_restaurants, expect: approved}
  feast: {card: ads, amount: "2,000.00 USD", category: eating_places_restaurants, expect: declined,
          after: [{amount: "1.00 USD"}]}
balance_targets:
  usd: {target: "500.00 USD"}
"""


def undescribed(value: Any, part: Any, whole: Any) -> set[str]:
    """The keys of a value that its schema has no property for, at any depth."""
    if "$ref" in part:
        name = part["$ref"]
        if not name.startswith("#"):
            whole = schema(name.partition(".")[0])
            return undescribed(value, whole, whole)
        part = whole["definitions"][name.rpartition("/")[2]]
    for choice in part.get("oneOf", ()):
        if not undescribed(value, choice, whole):
            return set()
    if isinstance(value, list):
        return {key for item in value for key in undescribed(item, part.get("items", {}), whole)}
    if not isinstance(value, dict) or not {"properties", "allOf"} & part.keys():
        return set()
    known = part.get("properties", {})
    unknown = value.keys() - known.keys()
    for above in part.get("allOf", ()):
        unknown &= undescribed({key: value[key] for key in unknown}, above, whole)
    below = {
        key for name in value.keys() & known.keys() for key in undescribed(value[name], known[name], whole)
    }
    return unknown | below


def fits(name: str, text: str) -> Any:
    """Hold a document against a schema, and return it."""
    document = json.loads(text)
    Draft7Validator(schema(name), registry=REGISTRY).validate(document)
    assert undescribed(document, schema(name), schema(name)) == set()
    return document


def as_json(desk: Desk, *words: str, code: int = 0) -> str:
    return desk.run(*words, "--format", "json", code=code).stdout


def test_a_configuration_that_is_sound_and_one_that_is_not(desk: Desk):
    desk.write(COMPANY + CARDS)
    assert fits("validate", as_json(desk, "validate"))["resources"]["cards"] == 1
    assert fits("check", as_json(desk, "check"))["plan"]["summary"]["create"] == 2

    desk.write(COMPANY + CARDS.replace("type: virtual", "typ: virtual"))
    assert fits("error", as_json(desk, "validate", code=1))["problems"]
    assert "plan" not in fits("check", as_json(desk, "check", code=1))
    assert "problems" in fits("error", as_json(desk, "plan", code=1))


def test_an_apply_and_what_stops_one(desk: Desk):
    desk.write(COMPANY + CARDS)
    done = fits("apply", as_json(desk, "apply", "--auto-approve"))
    assert done["complete"]
    assert {result["outcome"] for result in done["results"]} == {"done"}

    desk.write(COMPANY)
    retired = fits("apply", as_json(desk, "apply", "--auto-approve"))
    assert [result["does"] for result in retired["results"]] == ["deactivate"]
    again = fits("apply", as_json(desk, "destroy", "--auto-approve", "--cancel"))
    assert {result["outcome"] for result in again["results"]} == {"done"}

    desk.write(COMPANY + "guardrails: {max_activated: 0}\n" + CARDS)
    assert "--allow activated=1" in fits("error", as_json(desk, "apply", "--auto-approve", code=3))["error"]


def test_an_apply_in_part(desk: Desk):
    # a US individual who has accepted no terms: the card cannot be active
    desk.write(COMPANY.replace("type: company", "type: individual") + CARDS)

    partly = fits("apply", as_json(desk, "apply", "--auto-approve", code=5))

    assert {result["outcome"] for result in partly["results"]} == {"done", "failed", "skipped"}


def test_drift_of_every_sort(desk: Desk):
    desk.write(COMPANY + CARDS)
    desk.run("apply", "--auto-approve")
    card = desk.live()["cards.ads"]["id"]
    desk.sdk.v1.issuing.cards.update(
        card, {"spending_controls": {"spending_limits": [{"amount": 1, "interval": "daily"}]}}
    )
    desk.sdk.v1.issuing.cardholders.create(
        {
            "name": "Someone Else",
            "billing": {
                "address": {"line1": "1 Main", "city": "Reno", "postal_code": "89501", "country": "US"}
            },
        }
    )
    desk.write(COMPANY.replace("canary@", "post@") + CARDS)

    found = fits("drift", as_json(desk, "drift", "--explain", "--unmanaged", code=2))

    assert {entry["moved"] for entry in found["drift"]} >= {"live", "yaml"}
    assert any("trace" in entry for entry in found["drift"])
    assert found["unmanaged"]["cardholder"]


def test_drift_with_a_warning(desk: Desk):
    # a US individual who has accepted no terms is held back by Stripe
    desk.write(COMPANY.replace("type: company", "type: individual"))
    desk.run("apply", "--auto-approve")

    assert fits("drift", as_json(desk, "drift"))["warnings"]


def test_scenarios_and_a_purchase(desk: Desk):
    desk.write(COMPANY + CARDS)
    fits("test", as_json(desk, "test", "--offline"))
    desk.run("apply", "--auto-approve")
    desk.control("clock", b'{"advance": 3600}')

    fits("test", as_json(desk, "test"))
    fits("purchase", as_json(desk, "simulate", "purchase", "ads", "--amount", "5.00 USD", "--capture"))
    fits("purchase", as_json(desk, "simulate", "purchase", "ads", "--amount", "5000.00 USD"))


def test_the_doctor(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    desk.write(COMPANY)
    assert fits("doctor", as_json(desk, "doctor"))["healthy"]

    monkeypatch.delenv("STRIPE_API_KEY")
    assert not fits("doctor", as_json(desk, "doctor", code=7))["healthy"]


def test_chaos(desk: Desk):
    assert fits("chaos", as_json(desk, "chaos", "--runs", "1"))["converged"] == 1


def test_chaos_of_an_estate(desk: Desk):
    played = fits("chaos-estate", as_json(desk, "chaos", "--estate", "--seed", "2", "--steps", "9"))
    assert (played["steps"], played["failed"]) == (9, [])


def test_every_line_of_a_fleets_report(desk: Desk):
    shutil.copytree(ROOT / "examples" / "fleet", desk.folder / "fleet")
    for words in (("apply", "--auto-approve"), ("status",)):
        told = desk.run("fleet", words[0], "fleet", *words[1:], "--sandbox", "--format", "jsonl")
        lines = [fits("fleet-report", line) for line in told.stdout.splitlines()]
        assert {line["phase"] for line in lines} >= {words[0], f"{words[0]} totals"}


def test_every_line_of_the_journal_and_the_log(desk: Desk):
    desk.write(COMPANY + CARDS)
    told = desk.run("apply", "--auto-approve", "--log-format", "json", "-v")

    journal = (desk.folder / ".provisioner" / "journal.jsonl").read_text(encoding="utf-8")
    assert len([fits("journal", line) for line in journal.splitlines()]) == 3
    assert [json.loads(line)["level"] for line in told.stderr.splitlines()]
    for line in told.stderr.splitlines():
        Draft7Validator(schema("log")).validate(json.loads(line))


@pytest.mark.parametrize("command", ["plan", "apply", "drift", "validate", "test"])
def test_an_error_is_a_document_as_well(desk: Desk, command: str) -> None:
    said = desk.run(command, "nowhere", "--format", "json", code=1).stdout

    assert json.loads(said)["error"].startswith("nowhere does not exist")
