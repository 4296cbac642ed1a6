"""The published JSON Schema: current, usable in editors, and of one mind with the checks."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.config.schema.configuration import definition_of, json_schema, shapes_of
from provisioner.config.schema.editor import environment_text, schema_text
from provisioner.kinds import KINDS

ROOT = Path(__file__).parents[2]
SCHEMA = json_schema(KINDS)
SHAPES = shapes_of(KINDS)
EDITOR = jsonschema.Draft7Validator(json.loads(schema_text(KINDS)))
ENVIRONMENT = jsonschema.Draft7Validator(json.loads(environment_text(KINDS)))
MINIMAL = {"version": 1, "project": "p"}
CARD = {"cardholder": "acme", "currency": "usd", "type": "virtual"}


def told(tree):
    return [error.message for error in EDITOR.iter_errors({**MINIMAL, **tree})]


def test_the_file_is_what_the_kinds_say():
    published = (ROOT / "schemas" / "provisioner.schema.json").read_text(encoding="utf-8")

    assert published == schema_text(KINDS), "stale: provisioner schema > schemas/provisioner.schema.json"


def test_the_file_for_environments_is_what_the_kinds_say():
    published = (ROOT / "schemas" / "environment.schema.json").read_text(encoding="utf-8")

    assert published == environment_text(KINDS), (
        "stale: provisioner schema --environment > schemas/environment.schema.json"
    )


def test_it_is_a_schema():
    for schema in (SCHEMA, EDITOR.schema, ENVIRONMENT.schema):
        jsonschema.Draft7Validator.check_schema(schema)


HOLES = {
    "cardholder": "${var.x}",
    "currency": "${var.x}",
    "type": "${env.TYPE}",
    "status": "${var.x}",
    "pin": None,
    "spending_controls": {
        "spending_limits": [{"amount": "${var.x}", "interval": "${var.x}", "categories": None}],
        "allowed_categories": ["${var.x}", "taxicabs_limousines"],
        "blocked_categories": None,
    },
    "lifecycle": {
        "protect": "${var.x}",
        "on_remove": None,
        "reissue": {"number": "${var.x}", "reason": "lost"},
    },
    "metadata": None,
}


def test_an_editor_accepts_references_and_what_is_empty():
    tree = {"cards": {"ads": HOLES}, "guardrails": {"max_retired": "${var.x}"}, "project": "${var.x}"}

    assert told(tree) == []
    assert told({**tree, "mode": "tst"}) != []
    assert told({"cards": {"ads": {**HOLES, "type": "plastic"}}}) != []
    assert told({"cards": {"ads": {**HOLES, "cardholder": None}}}) != []


def overridden(tree):
    return [error.message for error in ENVIRONMENT.iter_errors(tree)]


def test_an_environment_changes_parts_and_takes_away():
    tree = {
        "mode": "live",
        "account": "${env.ACCOUNT}",
        "cards": {"ads": {"status": "inactive", "spending_controls": None}, "spare": None},
        "profiles": {"x": None},
        "grants": {"fair": {"until": "2033-01-01"}, "other": None},
        "scenarios": {"lunch": {"expect": "declined"}, "dinner": None},
        "balance_targets": {"usd": {"target": "1.00 USD"}},
    }

    assert overridden(tree) == []
    assert overridden({"cards": {"ads": {"statsu": "active"}}}) != []
    assert overridden({"cards": {"ads": {"status": "actve"}}}) != []
    assert overridden({"grants": {"fair": {"untl": "2033-01-01"}}}) != []


def configurations():
    """The YAML files of the examples, but for fleets, which have a schema of their own."""
    return sorted(file for file in (ROOT / "examples").rglob("*.y*ml") if file.name != "fleet.yaml")


@pytest.mark.parametrize("file", configurations(), ids=lambda file: file.parent.name)
def test_the_examples_please_an_editor(file):
    assert [error.message for error in EDITOR.iter_errors(yaml.safe_load(file.read_text()))] == []


def described(schema, path=()):
    for name, sub in schema.get("properties", {}).items():
        yield (*path, name), sub
        yield from described(sub, (*path, name))
        yield from described(sub.get("items", {}), (*path, name))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.section)
def test_every_field_is_described_where_an_editor_shows_it(kind):
    fields = dict(described(SCHEMA["definitions"][definition_of(kind)]))

    assert {field.name for field in kind.fields} <= {path[0] for path in fields}
    assert [path for path, sub in fields.items() if len(sub.get("description", "")) < 4] == []


def test_a_resource_without_profile_must_be_complete():
    assert told({"cards": {"ads": CARD}}) == []
    assert any(
        "'currency' is a required property" in text
        for text in told({"cards": {"ads": {"cardholder": "acme"}}})
    )


def test_a_resource_with_a_profile_may_have_gaps_and_take_away():
    holder = {"use": "x", "billing": {"address": {"city": "Springfield"}}, "email": None, "status": None}

    assert told({"cards": {"ads": {"use": "x"}}, "cardholders": {"acme": holder}}) == []
    assert told({"cards": {"ads": {"use": "x", "statsu": "active"}}}) != []


@pytest.mark.parametrize(
    "profile", [{"type": "company"}, {"type": "virtual"}, {"status": "active"}, {}, {"use": "x"}]
)
def test_a_profile_may_hold_the_fields_of_any_kind(profile):
    assert told({"profiles": {"x": profile}}) == []


@pytest.mark.parametrize(
    "profile", [{"typ": "company"}, {"type": "plastic"}, {"email": "a@b.c", "currency": "usd"}]
)
def test_a_profile_holds_fields_of_one_kind(profile):
    assert told({"profiles": {"x": profile}}) != []


@pytest.mark.parametrize(
    "tree",
    [
        {"scenarios": {"x": {"card": "ads"}}},
        {"mode": "prod"},
        {"version": 2},
        {"project": "A"},
        {"cards": {"a b": CARD}},
        {"cardz": {}},
    ],
)
def test_an_editor_sees_what_is_wrong_at_the_top(tree):
    assert told(tree) != []


names = st.sampled_from([name for kind in KINDS for name in (field.name for field in kind.fields)])
texts = st.sampled_from(
    ["usd", "usd\n", "US", "a", "", "5.00 USD", "5 USD\n", "virtual", "active", "x" * 6000]
)
leaves = st.none() | st.booleans() | st.integers(-2, 3000) | texts | st.text(max_size=5)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "definition", [definition_of(kind, part=part) for kind in KINDS for part in (True, False)]
)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_quick_check_and_jsonschema_agree(definition, data):
    kind = next(kind for kind in KINDS if definition.startswith(definition_of(kind)))
    own = st.sampled_from([field.name for field in kind.fields])
    base = CARD if definition == "card" else {}
    value = base | data.draw(st.dictionaries(own, trees, max_size=4))
    only = {"definitions": SCHEMA["definitions"], "$ref": f"#/definitions/{definition}"}

    assert SHAPES.fits(definition, value) == jsonschema.Draft7Validator(only).is_valid(value)
    assert bool(SHAPES.misfits(definition, value)) != SHAPES.fits(definition, value)
