"""The JSON Schema of the plan: from the structs that are its JSON, and the text below each attribute."""

import ast
import inspect
import json
from collections.abc import Mapping
from enum import Enum
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any

from msgspec.json import schema_components

from provisioner.core.plan import document
from provisioner.kinds import KINDS

FILE = Path(__file__).parents[2] / "schemas" / "plan.schema.json"
ABOUT = (
    "What `plan --format json` prints and `plan --out` saves. Amounts are whole numbers of minor units "
    "(cents). Within format 1 keys may be added, and none is taken away or changes its meaning: readers "
    "ignore what they do not know."
)
Json = dict[str, Any]
NULL = {"type": "null"}


def plan_schema() -> Json:
    """The schema, of draft 7 as the others are: `PlanDocument`, with the other structs as definitions."""
    _, found = schema_components([document.PlanDocument], ref_template="#/definitions/{name}")
    enums = {name: [*vars(document)[name]] for name, each in found.items() if "properties" not in each}
    definitions = {name: _struct(name, each, enums) for name, each in found.items() if name not in enums}
    whole = definitions.pop("PlanDocument")
    # the oldest plans have no `rename` and `mark`, which all others have
    summary = definitions["SummaryDocument"]
    summary |= {"required": [*summary["properties"]], "additionalProperties": summary["properties"]["create"]}
    definitions["ChangeDocument"]["properties"]["kind"]["enum"] = [kind.name for kind in KINDS]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "plan.schema.json",
        "title": f"provisioner plan, format {document.PLAN_FORMAT}",
        "description": ABOUT,
        **whole,
        "definitions": definitions,
    }


def plan_schema_text() -> str:
    """The file that is published."""
    return json.dumps(plan_schema(), indent=2) + "\n"


def _struct(name: str, schema: Json, enums: Mapping[str, list[Enum]]) -> Json:
    struct = vars(document)[name]
    omits, docs = struct.__struct_config__.omit_defaults, _attribute_docs(struct)
    properties = {}
    for key, value in schema["properties"].items():
        written = _written(value, omits=omits)
        if "$ref" in written and (enum := enums.get(written["$ref"].rpartition("/")[2])):
            written = {"enum": [each.value for each in enum]}
        properties[key] = written | ({"description": docs[key]} if key in docs else {})
    return {"type": "object", "required": schema["required"], "properties": properties}


def _written(schema: Json, *, omits: bool) -> Json:
    """What is ever written of a value: a default that is left out is not."""
    out = {key: value for key, value in schema.items() if key != "default"}
    left_out = [schema["default"]] if omits and "default" in schema else []
    if out == {"type": "boolean"} and left_out:
        return {"const": not left_out[0]}
    if "enum" in out:
        return out | {"enum": [value for value in out["enum"] if value not in left_out]}
    if "anyOf" not in out:
        return out
    choices = [each for each in out["anyOf"] if each != NULL or None not in left_out]
    return choices[0] if len(choices) == 1 else {"type": [each["type"] for each in choices]}


def _attribute_docs(struct: type) -> dict[str, str]:
    """The text below each attribute of a struct and of those that it extends."""
    docs: dict[str, str] = {}
    for each in reversed(struct.__mro__):
        if each.__module__.startswith("provisioner."):
            (body,) = ast.parse(dedent(inspect.getsource(each))).body
            docs |= _docs_in(body)
    return docs


def _docs_in(body: ast.stmt) -> dict[str, str]:
    lines = body.body if isinstance(body, ast.ClassDef) else []
    return {
        attribute.target.id: " ".join(text.value.value.split())
        for attribute, text in pairwise(lines)
        if isinstance(attribute, ast.AnnAssign) and isinstance(attribute.target, ast.Name)
        if isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
