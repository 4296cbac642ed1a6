"""Whether a value fits a JSON Schema: yes or no, and fast; for what is wrong with it there is jsonschema.

The schema is made into functions once. It knows the keywords of Draft-07 that the schema of the
configuration has, and refuses to be made for any other.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Check = Callable[[Any], bool]
Schema = Mapping[str, Any]

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
SAYING = frozenset({"$schema", "title", "description", "default", "examples", "patternErrorMessage"})
ELSEWHERE = SAYING | {"type", "definitions", "properties", "then", "else"}
TEXT = SAYING | {"type", "pattern", "minLength", "maxLength"}
CHOICE = SAYING | {"type", "enum"}
RECORD = SAYING | {"type", "properties", "additionalProperties", "required"}
LIST = SAYING | {"type", "items"}
MANY_ALIKE = 1000  # collections that are remembered as fitting: profiles hand the same ones to many


def check_of(schema: Schema, definitions: Schema) -> Check:
    """Return what tells whether a value fits; raises KeyError for a keyword that is not known here."""
    return _Maker(definitions).check(schema)


class _Maker:
    """Makes the functions; those of the definitions once."""

    def __init__(self, definitions: Schema) -> None:
        self.definitions = definitions
        self.made: dict[str, Check] = {}

    def check(self, schema: Schema) -> Check:
        if "$ref" in schema:
            return self.defined(schema["$ref"])
        common = self.common(schema)
        if common is not None:
            return common
        checks = tuple(self.keywords(schema))
        return checks[0] if len(checks) == 1 else _all(checks)

    def common(self, schema: Schema) -> Check | None:
        """One function for all keywords of what there is most of; None for any other schema."""
        match schema.get("type"):
            case "string" if schema.keys() <= TEXT:
                return _text(schema)
            case "string" if schema.keys() <= CHOICE:
                return _choice(schema["enum"])
            case "object" if schema.keys() <= RECORD and schema.get("additionalProperties") is False:
                checks = {name: self.check(part) for name, part in schema["properties"].items()}
                return _record(checks, frozenset(schema.get("required", ())))
            case "array" if schema.keys() == LIST & schema.keys() | {"items"}:
                return _list(self.check(schema["items"]))
        return None

    def defined(self, pointer: str) -> Check:
        name = pointer.removeprefix("#/definitions/")
        if name not in self.made:
            self.made[name] = self.check(self.definitions[name])
        return self.made[name]

    def keywords(self, schema: Schema) -> Iterator[Check]:
        """The checks of a schema, the type's first, so that the others may rely on nothing but their own."""
        if "type" in schema:
            yield _type(schema["type"])
        for keyword, bound in schema.items():
            match keyword:
                case "additionalProperties":
                    yield self.properties(schema.get("properties", {}), bound)
                case "items" | "propertyNames":
                    yield _each(self.check(bound), list if keyword == "items" else dict)
                case "allOf":
                    yield _all(tuple(self.check(part) for part in bound))
                case "anyOf":
                    yield _any(tuple(self.check(part) for part in bound))
                case "if":
                    branches = (self.check(schema.get(name, {})) for name in ("then", "else"))
                    yield _if(self.check(bound), *branches)
                case _:
                    if keyword not in ELSEWHERE:
                        yield SIMPLE[keyword](bound)
        if "properties" in schema and "additionalProperties" not in schema:
            yield self.properties(schema["properties"], True)

    def properties(self, known: Schema, others: Any) -> Check:
        checks = {name: self.check(part) for name, part in known.items()}
        other = self.check(others) if isinstance(others, Mapping) else lambda _: bool(others)

        def properties(value: Any) -> bool:
            if type(value) is not dict:
                return True
            for name, item in value.items():
                check = checks.get(name, other)
                if not check(item):
                    return False
            return True

        return properties


def _all(checks: tuple[Check, ...]) -> Check:
    def every(value: Any) -> bool:
        for check in checks:  # noqa: SIM110 - a generator would cost more than the checks
            if not check(value):
                return False
        return True

    return every


def _any(checks: tuple[Check, ...]) -> Check:
    return lambda value: any(check(value) for check in checks)


def _if(condition: Check, then: Check, otherwise: Check) -> Check:
    return lambda value: then(value) if condition(value) else otherwise(value)


def _record(checks: Mapping[str, Check], wanted: frozenset[str]) -> Check:
    """A mapping of known names. Those that fit are remembered: nothing changes while files are read."""
    known: dict[int, Any] = {}

    def record(value: Any) -> bool:
        if id(value) in known:
            return True
        if type(value) is not dict or not wanted <= value.keys():
            return False
        for name, item in value.items():
            check = checks.get(name)
            if check is None or not check(item):
                return False
        if len(known) < MANY_ALIKE:
            known[id(value)] = value  # held, so that no other value can have its id
        return True

    return record


def _list(check: Check) -> Check:
    """A list of what fits one check, remembered likewise."""
    known: dict[int, Any] = {}

    def items(value: Any) -> bool:
        if id(value) in known:
            return True
        if type(value) is not list or not all(map(check, value)):
            return False
        if len(known) < MANY_ALIKE:
            known[id(value)] = value
        return True

    return items


def _choice(choices: list[Any]) -> Check:
    texts = frozenset(choices)
    return lambda value: isinstance(value, str) and value in texts


def _type(names: str | list[str]) -> Check:
    wanted = tuple(each for name in ([names] if isinstance(names, str) else names) for each in TYPES[name])
    if bool in wanted or int not in wanted:
        return lambda value: isinstance(value, wanted)
    return lambda value: isinstance(value, wanted) and type(value) is not bool


def _text(schema: Schema) -> Check:
    """All that is asked of a text at once, as texts are what there is most of."""
    least, most = schema.get("minLength", 0), schema.get("maxLength", sys.maxsize)
    if "pattern" not in schema:
        return lambda value: isinstance(value, str) and least <= len(value) <= most
    search = re.compile(schema["pattern"]).search
    return lambda value: isinstance(value, str) and least <= len(value) <= most and search(value) is not None


def _each(check: Check, of: type[list[Any] | dict[str, Any]]) -> Check:
    def each(value: Any) -> bool:
        return type(value) is not of or all(map(check, value))

    return each


def _enum(choices: list[Any]) -> Check:
    texts = frozenset(choices)
    return lambda value: value.__hash__ is not None and value in texts


def _pattern(expression: str) -> Check:
    search = re.compile(expression).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _longest(most: int) -> Check:
    return lambda value: not isinstance(value, str) or len(value) <= most


def _shortest(least: int) -> Check:
    return lambda value: not isinstance(value, str) or len(value) >= least


def _least(bound: int) -> Check:
    return lambda value: not isinstance(value, int) or value >= bound


def _most(bound: int) -> Check:
    return lambda value: not isinstance(value, int) or value <= bound


def _keys(most: int) -> Check:
    return lambda value: type(value) is not dict or len(value) <= most


def _required(names: list[str]) -> Check:
    wanted = frozenset(names)
    return lambda value: type(value) is not dict or wanted <= value.keys()


def _const(only: Any) -> Check:
    return _enum([only])


SIMPLE: Mapping[str, Callable[[Any], Check]] = {
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "maxLength": _longest,
    "minLength": _shortest,
    "minimum": _least,
    "maximum": _most,
    "maxProperties": _keys,
    "required": _required,
}
