"""Derives the JSON Schema of fields from the kinds."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct, field

from provisioner.core.model.limits import METADATA_KEY, METADATA_KEYS, METADATA_VALUE
from provisioner.core.model.money import AMOUNT_PATTERN
from provisioner.core.ownership.marks import OUR_KEYS
from provisioner.core.schema.field import Field, Shape

JsonSchema = dict[str, Any]

LONGEST_TEXT = 5000
LONGEST_AMOUNT = 40
MANY_CHOICES = 20
AMOUNT_SAYS = (
    'an amount is a whole number of minor units (200000) or a string with a currency ("2,000.00 USD")'
)
OWN_METADATA_KEYS = METADATA_KEYS - len(OUR_KEYS)
METADATA_KEY_PATTERN = r"^(?!provisioner_)[^\[\]]+$"
METADATA_KEY_SAYS = "a metadata key cannot contain [ or ], or start with provisioner_, which is reserved"
_TYPES = {Shape.INTEGER: "integer", Shape.BOOLEAN: "boolean"}


def pattern(expression: str, says: str) -> JsonSchema:
    """Return the keywords for a pattern; unlike in Python, `$` does not match before a final line break."""
    closed = expression[:-1] + r"$(?!\n)" if expression.endswith("$") else expression
    return {"pattern": closed, "patternErrorMessage": says}


def text(**facts: Any) -> JsonSchema:
    """Return the schema of a string that is not empty."""
    return {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT, **facts}


def amount(low: int = 0) -> JsonSchema:
    """
    Return the schema of an amount; it accepts references (`${var.x}`), so that editors do not reject
    them.
    """
    return {
        "type": ["integer", "string"],
        "minimum": low,
        "maxLength": LONGEST_AMOUNT,
        **pattern(_or_hole(AMOUNT_PATTERN), AMOUNT_SAYS),
    }


def _or_hole(expression: str) -> str:
    """Extend a pattern to accept references (`${var.x}`), whose value editors cannot know."""
    written = expression.removeprefix("^").removesuffix("$")
    return rf"^(?:{written}|.*\$\{{.*)$"


def mapping(properties: JsonSchema, required: Sequence[str] = ()) -> JsonSchema:
    """Return the schema of a mapping with only these keys."""
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


_METADATA: JsonSchema = {
    "type": "object",
    "maxProperties": OWN_METADATA_KEYS,
    "propertyNames": {
        "minLength": 1,
        "maxLength": METADATA_KEY,
        **pattern(METADATA_KEY_PATTERN, METADATA_KEY_SAYS),
    },
    "additionalProperties": text(maxLength=METADATA_VALUE),
}


class Fields(Struct, frozen=True):
    """Converts fields to schemas."""

    definitions: JsonSchema = field(default_factory=dict)
    """Long lists of allowed values, which fields share."""

    def properties(self, fields: Sequence[Field], *, part: bool) -> JsonSchema:
        """Return the properties of a mapping; a `part` requires nothing and accepts null."""
        return {sub.name: self.schema(sub, part=part) for sub in fields}

    def mapping(self, fields: Sequence[Field], *, part: bool) -> JsonSchema:
        """Return the schema of a mapping with these fields."""
        required = () if part else [sub.name for sub in fields if sub.required]
        return mapping(self.properties(fields, part=part), required)

    def schema(self, what: Field, *, part: bool) -> JsonSchema:
        """Return the schema of one field, with the title, description, default and example for editors."""
        unit = ' Minor units (2000000), or a string with a currency: "20,000.00 USD".'
        schema: JsonSchema = {
            "title": what.name.replace("_", " ").capitalize(),
            "description": what.doc + (unit if what.shape is Shape.AMOUNT else ""),
        }
        if what.default is not None:
            schema["default"] = what.default
        if what.example is not None:
            schema["examples"] = [what.example]
        schema |= self._shape(what, part=part)
        if part and "type" in schema:
            types = schema["type"]
            schema["type"] = [*([types] if isinstance(types, str) else types), "null"]
            if "enum" in schema:
                schema["enum"] = [*schema["enum"], None]
        return schema

    def _shape(self, what: Field, *, part: bool) -> JsonSchema:
        match what.shape:
            case Shape.HASH:
                return self.mapping(what.fields, part=part)
            case Shape.TABLE:
                return {"type": "array", "items": self.mapping(what.fields, part=False)}
            case Shape.SET | Shape.LIST:
                return {"type": "array", "items": self._text(what)}
            case Shape.MAP:
                return _METADATA
            case Shape.FILE:
                return mapping(
                    {"file": {"description": "The path, relative to this file.", **text()}}, ["file"]
                )
            case Shape.AMOUNT:
                return amount(what.low or 0)
            case Shape.INTEGER | Shape.BOOLEAN:
                bounds = {"minimum": what.low, "maximum": what.high}
                stated = {keyword: bound for keyword, bound in bounds.items() if bound is not None}
                return {"type": _TYPES[what.shape], **stated}
            case _:
                return self._text(what)

    def _text(self, what: Field) -> JsonSchema:
        if len(what.choices) > MANY_CHOICES:
            choices = {"type": "string", "enum": list(what.choices)}
            shared = (name for name, known in self.definitions.items() if known == choices)
            name = next(shared, what.name.rpartition("_")[2])
            self.definitions[name] = choices
            return {"$ref": f"#/definitions/{name}"}
        if what.choices and not what.open_choices:
            return {"type": "string", "enum": list(what.choices)}
        schema = text(**({"maxLength": what.longest} if what.longest else {}))
        if what.choices:
            schema["examples"] = list(what.choices)
        return schema | (pattern(_or_hole(what.pattern), what.pattern_says) if what.pattern else {})
