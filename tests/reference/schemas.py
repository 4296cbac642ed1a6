"""Turn JSON Schemas into tables: one row per key, with `.` for mappings and `[]` for lists."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .markdown import code, codes

Schema = Mapping[str, Any]
Row = tuple[str, str, str, str]
HEAD = ("key", "type", "present", "meaning")
NAMES = {"object": "mapping", "array": "list", "string": "string", "null": "null"}


def rows(schema: Schema, definitions: Schema, prefix: str = "") -> Iterator[Row]:
    """Yield the keys of an object and of everything nested in it."""
    schema = _resolved(schema, definitions)
    required = schema.get("required", ())
    for name, sub in schema.get("properties", {}).items():
        whole = _resolved(sub, definitions)
        path = f"{prefix}{name}"
        always = "always" if name in required else ""
        yield code(path), kind(whole, definitions), always, _about(whole)
        yield from rows(whole, definitions, f"{path}.")
        yield from rows(whole.get("items", {}), definitions, f"{path}[].")


def kind(schema: Schema, definitions: Schema) -> str:
    """Return the type of a value, as the table shows it."""
    schema = _resolved(schema, definitions)
    if "const" in schema:
        return code(_word(schema["const"]))
    if "enum" in schema:
        return " | ".join(code(_word(each)) for each in schema["enum"])
    types = schema.get("type", [])
    names = [NAMES.get(each, each) for each in ([types] if isinstance(types, str) else types)]
    if "array" in types and "items" in schema:
        inner = kind(schema["items"], definitions)
        names[names.index("list")] = (
            f"list of {inner}s" if inner in ("string", "mapping") else f"list of {inner}"
        )
    if "object" in types and isinstance(schema.get("additionalProperties"), Mapping):
        names[names.index("mapping")] = f"mapping to {kind(schema['additionalProperties'], definitions)}"
    return " or ".join(names) or "any"


def _about(schema: Schema) -> str:
    parts = [schema.get("description", ""), _bounds(schema)]
    if "default" in schema:
        parts += [f"Default: {code(_word(schema['default']))}."]
    if "examples" in schema:
        parts += [f"Example: {codes(_word(each) for each in schema['examples'][:1])}."]
    return " ".join(filter(None, parts))


def _bounds(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if not low and high is None:
        return ""
    if high is None:
        return f"At least {low}."
    return f"{low} to {high}." if low is not None else f"At most {high}."


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    if "anyOf" in schema:  # a mapping, or null
        [whole] = [_resolved(each, definitions) for each in schema["anyOf"] if "$ref" in each]
        return {**whole, "type": ["object", "null"], "description": schema.get("description", "")}
    if "$ref" not in schema:
        return schema
    found = definitions[schema["$ref"].rpartition("/")[2]]
    return {**found, **{key: value for key, value in schema.items() if key != "$ref"}}
