"""What the schema wants at a place of a file, for texts that come from outside: there, all is text."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]


def wants_number(schema: Schema, path: tuple[Any, ...]) -> bool:
    """Whether nothing but a whole number is right at a path of keys and places in lists."""
    types = {
        name
        for part in _parts(schema, schema.get("definitions", {}), path)
        for name in ([part] if isinstance(part, str) else part)
    }
    return types - {"null"} == {"integer"}


def _parts(schema: Any, definitions: Schema, path: tuple[Any, ...]) -> Iterator[str | list[str]]:
    """The types that any part of a schema has for the value at a path below it."""
    if not isinstance(schema, Mapping):
        return
    if "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix("#/definitions/")]
    for each in (*schema.get("anyOf", ()), *(schema.get(name) for name in ("then", "else"))):
        yield from _parts(each, definitions, path)
    if not path:
        yield schema.get("type", [])
    elif isinstance(path[0], int):
        yield from _parts(schema.get("items"), definitions, path[1:])
    else:
        below = schema.get("properties", {}).get(path[0], schema.get("additionalProperties"))
        yield from _parts(below, definitions, path[1:])
