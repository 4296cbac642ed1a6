"""Validates values against the schema.

jsonschema-rs checks all values quickly. jsonschema, which is slower and reports every error, is imported only
for values that do not fit.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from jsonschema_rs import Draft7Validator
from msgspec import Struct, field

from provisioner.config.text.scalar import from_outside

Path = tuple[Any, ...]


class Misfit(NamedTuple):
    """One schema error."""

    path: Path
    """The path of the value; for `additionalProperties` and `propertyNames`, it ends with the invalid key."""
    keyword: str
    """The keyword of JSON Schema that the value violates."""
    schema: Mapping[str, Any]
    """The schema with that keyword."""
    value: Any
    """The value; for `required`, the name of the missing key."""


class Shapes(Struct):
    """The definitions of a schema, each compiled on its first use."""

    schema: Mapping[str, Any]
    """The JSON Schema, with its definitions under `definitions`."""
    _compiled: dict[str, Any] = field(default_factory=dict)
    _validators: dict[str, Any] = field(default_factory=dict)

    def fits(self, definition: str, value: Any) -> bool:
        """Return whether the value fits the definition."""
        if definition not in self._compiled:
            self._compiled[definition] = Draft7Validator(self._only(definition))
        says = self._compiled[definition].is_valid
        try:
            return bool(says(value))
        except ValueError:
            pass  # the validator accepts only the types of JSON
        try:
            return bool(says(_without_secrets(value)))
        except ValueError:
            return False  # an Odd scalar, which no field accepts

    def misfits(self, definition: str, value: Any) -> list[Misfit]:
        """Return the schema errors of a value; empty if it fits."""
        if self.fits(definition, value):
            return []
        if definition not in self._validators:
            import jsonschema  # noqa: PLC0415 - costs a third of a cold start, and is needed for errors only

            self._validators[definition] = jsonschema.Draft7Validator(self._only(definition))
        errors = self._validators[definition].iter_errors(value)
        found = [misfit for error in errors for misfit in _split(error)]
        # A wrong type makes all other errors of the value redundant.
        wrong_type = {misfit.path for misfit in found if misfit.keyword == "type"}
        reported: set[Path] = set()
        misfits = []
        for misfit in found:
            whole = misfit.keyword not in ("additionalProperties", "propertyNames", "required")
            if whole and (
                misfit.path in reported or (misfit.path in wrong_type and misfit.keyword != "type")
            ):
                continue
            if whole:
                reported.add(misfit.path)
            misfits.append(misfit)
        return misfits

    def _only(self, definition: str) -> dict[str, Any]:
        return {
            "$schema": self.schema["$schema"],
            "definitions": self.schema["definitions"],
            "allOf": [{"$ref": f"#/definitions/{definition}"}],
        }


@lru_cache(maxsize=8)
def shapes_of_schema(text: str) -> Shapes:
    """Return the shapes of a schema, given as JSON."""
    return Shapes(json.loads(text))


def _without_secrets(value: Any) -> Any:
    """Return the value with its secrets converted to the types of JSON."""
    if isinstance(value, dict):
        return {key: _without_secrets(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    if from_outside(value):
        return int(value) if isinstance(value, int) else str(value)
    return value


def _split(error: Any) -> Iterator[Misfit]:
    path, schema, value = tuple(error.absolute_path), error.schema, error.instance
    match error.validator:
        case "additionalProperties":
            for key in value:
                if key not in schema.get("properties", {}):
                    yield Misfit((*path, key), "additionalProperties", schema, value[key])
        case "required":
            for name in error.validator_value:
                if name not in value and f"'{name}'" in error.message:
                    yield Misfit(path, "required", schema, name)
        case keyword:
            if "propertyNames" in error.absolute_schema_path:
                yield Misfit((*path, value), "propertyNames", {**schema, "keyword": keyword}, value)
            else:
                yield Misfit(path, keyword, schema, value)
