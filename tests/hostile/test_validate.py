"""What `validate` must not refuse, and what it only doubts."""

import json

import pytest
from e2e.conftest import COMPANY, Desk

PERSON = COMPANY.replace("company", "individual")


def named(text: str, name: str) -> str:
    return text.replace("Acme Inc", f'"{name}"')


@pytest.mark.parametrize("name", ["Smith & Sons 24", "A/B (C): D", "Route 66"])
def test_a_companys_name_that_stripes_sources_disagree_about_is_a_warning(desk: Desk, name: str):
    desk.write(named(COMPANY, name))

    said = desk.run("validate")
    read = desk.run("validate", "--format", "json")

    text = "'name': Stripe may reject digits and & ( ) / : in a printed name; its sources disagree"
    assert said.stderr == f"Warning: provisioner.yaml:7:11: cardholders.acme: {text}\n"
    assert said.stdout == "The configuration of desk is valid: 1 cardholder.\n"
    place = {"file": "provisioner.yaml", "line": 7, "column": 11, "address": "cardholders.acme"}
    assert json.loads(read.stdout)["warnings"] == [{**place, "text": text}]
    assert desk.run("plan").stderr.startswith(said.stderr)  # a slow machine shows its progress, too


def test_a_warning_about_many_resources_is_printed_once(desk: Desk):
    others = "".join(COMPANY.partition("cardholders:\n")[2].replace("acme:", f"{n}:") for n in "bc")
    desk.write(named(COMPANY + others, "Route 66"))

    assert desk.run("validate").stderr.count("Warning: ") == 1
    assert desk.run("validate").stderr.endswith("; its sources disagree (and at 2 more)\n")
    assert len(json.loads(desk.run("validate", "--format", "json").stdout)["warnings"]) == 3


@pytest.mark.parametrize(
    ("text", "name"),
    [(PERSON, "Ada 2"), (PERSON, "Ada & Bob"), (COMPANY, "Acme!"), (COMPANY, "Ac@me"), (COMPANY, "Acme\\n2")],
)
def test_what_no_source_allows_is_an_error(desk: Desk, text: str, name: str):
    desk.write(named(text, name))

    assert "a printed name is letters, " in desk.run("validate", code=1).stderr


def test_a_name_without_doubt_has_no_warning(desk: Desk):
    desk.write(named(COMPANY, "Müller, O'Neil-Li Inc."))

    assert desk.run("validate").stderr == ""
    assert json.loads(desk.run("validate", "--format", "json").stdout)["warnings"] == []


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_a_byte_order_mark_is_no_mistake(desk: Desk, command: str):
    """Editors on Windows write one, and no reader of YAML minds."""
    desk.write(named("\ufeffversion: 1\nproject: desk\n" + COMPANY, "Acme #1"))

    said = desk.run(command, code=1).stderr

    says = "this value is not valid; a printed name is letters"
    assert said.startswith(f"provisioner.yaml:7:11: cardholders.acme: 'name': {says}")
    desk.write("\ufeffversion: 1\nproject: desk\n" + COMPANY)
    desk.run(command)


def test_an_empty_value_beside_a_profile_with_a_mistake_is_no_second_one(desk: Desk):
    card = (
        "profiles: {base: {statsu: active}}\ncards:\n  ads: {use: base, cardholder: acme, metadata: null}\n"
    )
    desk.write(COMPANY + card)

    said = desk.run("validate", code=1).stderr

    assert "unknown key 'statsu'" in said
    assert "Error: 1 problem" in said
