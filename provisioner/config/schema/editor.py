"""
The schemas for editors: like those for checks, but they also accept references (`${var.x}`) and null.

The checks see a configuration after its references are resolved and its files are merged; an editor sees one
file as it was written.
"""

import json
from collections.abc import Sequence
from typing import Any

from provisioner.config.schema.configuration import definition_of, json_schema
from provisioner.config.schema.field_schema import JsonSchema
from provisioner.config.schema.grant_fields import DEFINITION as GRANT
from provisioner.config.schema.grant_fields import SECTION as GRANTS
from provisioner.config.schema.scenario_fields import DEFINITION as SCENARIO
from provisioner.config.schema.scenario_fields import SECTION as SCENARIOS
from provisioner.core.schema.kind import Kind

HOLE = {"$ref": "#/definitions/reference"}
REFERENCE = {"description": "A reference, such as `${var.NAME}`.", "type": "string", "pattern": r"\$\{"}
NULL = {"type": "null"}
SHOWN = ("title", "description", "default", "examples")  # the keywords that editors show for a value
BELOW = ("if", "then", "else", "items")


def schema_text(kinds: Sequence[Kind]) -> str:
    """Return the text of `schemas/provisioner.schema.json`: the schema of a configuration file."""
    return _text(json_schema(kinds))


def environment_text(kinds: Sequence[Kind]) -> str:
    """Return the text of `schemas/environment.schema.json`: the schema of a file in `environments/`."""
    schema = json_schema(kinds)
    definitions, sections = schema["definitions"], schema["properties"]
    for name in (GRANT, SCENARIO):
        whole = definitions[name]
        definitions[f"{name}_part"] = {key: value for key, value in whole.items() if key != "required"}
    parts = {kind.section: definition_of(kind, part=True) for kind in kinds}
    parts |= {GRANTS: f"{GRANT}_part", SCENARIOS: f"{SCENARIO}_part"}
    for section, name in parts.items():
        overrides = {"anyOf": [{"$ref": f"#/definitions/{name}"}, NULL]}
        sections[section] = {**sections[section], "additionalProperties": overrides}
    profiles = sections["profiles"]
    overrides = {"anyOf": [*profiles["additionalProperties"]["anyOf"], NULL]}
    sections["profiles"] = {**profiles, "additionalProperties": overrides}
    schema["title"] = "provisioner environment"
    schema["description"] = "Overrides of one environment (`--env`); null removes a value or a whole block."
    return _text(schema)


def _text(schema: JsonSchema) -> str:
    opened = _opened(schema, nullable=False)
    opened["definitions"]["reference"] = REFERENCE
    return json.dumps(opened, indent=2, ensure_ascii=False) + "\n"


def _opened(schema: Any, *, nullable: bool) -> Any:
    """Return a schema that also accepts references, and null if it is `nullable`, here and below."""
    if not isinstance(schema, dict):
        return schema
    needed = schema.get("required", ())
    opened = {
        **schema,
        **{name: _opened(schema[name], nullable=False) for name in BELOW if name in schema},
        **{
            name: {key: _opened(value, nullable=False) for key, value in schema[name].items()}
            for name in ("definitions",)
            if name in schema
        },
    }
    if "properties" in schema:
        opened["properties"] = {
            name: _opened(value, nullable=name not in needed) for name, value in schema["properties"].items()
        }
    if "anyOf" in schema:
        opened["anyOf"] = [_opened(value, nullable=False) for value in schema["anyOf"]]
    if "additionalProperties" in schema:
        opened["additionalProperties"] = _opened(schema["additionalProperties"], nullable=False)
    return _alternatives(opened, nullable=nullable)


def _alternatives(schema: JsonSchema, *, nullable: bool) -> JsonSchema:
    """Also allow a reference and null for a value, unless it allows them already."""
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    is_free = "enum" not in schema and r"\$\{" in schema.get("pattern", r"\$\{") and "string" in types
    if nullable and types and "null" not in types:
        schema = {**schema, "type": [*types, "null"]}
        schema |= {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    more = [] if is_free or not {"string", "integer", "boolean"}.intersection(types) else [HOLE]
    more += [NULL] if nullable and "$ref" in schema else []
    if not more:
        return schema
    shown = {name: schema[name] for name in SHOWN if name in schema}
    return {**shown, "anyOf": [{name: schema[name] for name in schema if name not in SHOWN}, *more]}
