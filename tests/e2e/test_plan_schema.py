"""The plan's JSON and its schema: real plans fit, and every key that they have is described."""

import json
from pathlib import Path

from jsonschema import Draft7Validator

from e2e.conftest import Desk
from e2e.mixed_plan import mixed_plan

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))


def undescribed(value, schema):
    """The keys of a value that its schema has no property for, at any depth."""
    if "$ref" in schema:
        schema = SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, list) and "items" in schema:
        return {key for item in value for key in undescribed(item, schema["items"])}
    if not isinstance(value, dict) or "properties" not in schema:
        return set()
    known = schema["properties"]
    below = {key for name in value.keys() & known.keys() for key in undescribed(value[name], known[name])}
    return (value.keys() - known.keys()) | below


def test_the_schema_is_one():
    Draft7Validator.check_schema(SCHEMA)


def test_real_plans_fit_and_all_their_keys_are_described(desk: Desk):
    saved = json.loads(mixed_plan(desk).read_text(encoding="utf-8"))
    fresh = json.loads(desk.run("plan", str(ROOT / "examples/b2b-payments"), "--format", "json").stdout)
    empty = json.loads(desk.run("plan", "acme", "--exclude", "*", "--format", "json").stdout)

    for document in (saved, fresh, empty):
        Draft7Validator(SCHEMA).validate(document)
        assert undescribed(document, SCHEMA) == set()
