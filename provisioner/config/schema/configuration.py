"""
Derives the JSON Schema of the configuration from the kinds; `editor` derives the editors' schema from it.

It uses draft-07, which YAML editors support best. Each kind has two definitions: `card` is complete;
`card_part`, for profiles and overrides, requires nothing and accepts null, which removes a key of a profile.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from provisioner.config.schema.field_schema import Fields, JsonSchema, amount, mapping, pattern, text
from provisioner.config.schema.grant_fields import DEFINITION as GRANT
from provisioner.config.schema.grant_fields import DOC as GRANT_DOC
from provisioner.config.schema.grant_fields import SECTION as GRANTS
from provisioner.config.schema.grant_fields import grant_fields
from provisioner.config.schema.scenario_fields import DEFINITION, DOC, FIELDS, SECTION
from provisioner.config.schema.validate import Shapes
from provisioner.core.model.resource import CANCEL, DEACTIVATE, KEEP, REMOVALS, SECRET_TO
from provisioner.core.schema.kind import NAME_PATTERN, NAME_SAYS, Kind

DRAFT = "http://json-schema.org/draft-07/schema#"
CURRENCY = pattern("^[a-z]{3}$", "a currency is three lowercase letters, such as usd")


def _or_null(schema: JsonSchema) -> JsonSchema:
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    nullable = {**schema, "type": [*types, "null"]}
    return nullable | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})


_BY_CURRENCY = {"type": "object", "propertyNames": CURRENCY, "additionalProperties": amount()}
_LIMIT = {**amount(), **_BY_CURRENCY, "type": ["integer", "string", "object"]}
_COUNT = {"type": "integer", "minimum": 0}
_GUARDRAILS: JsonSchema = {
    "max_top_up": {"description": "The maximum that one apply may top up, per currency.", **_LIMIT},
    "max_exposure_added": {
        "description": "The maximum monthly exposure that one apply may add, per currency.",
        **_LIMIT,
    },
    "max_activated": {"description": "The maximum number of cards that one apply may activate.", **_COUNT},
    "max_retired": {
        "description": "The maximum number of objects that one apply may retire or replace.",
        **_COUNT,
    },
    "max_declined_purchases": {
        "description": "The maximum number of past purchases that one apply would have declined. It is "
        "checked when purchases are read, with `--backtest`.",
        **_COUNT,
    },
    "require_approval": {
        "description": "Changes that raise spending (`broadening`) need `--approve` with `--auto-approve`.",
        "type": "string",
        "enum": ["broadening"],
    },
}
_VARIABLE = {"type": ["string", "integer", "boolean", "null"], "maxLength": 5000}
_SETTINGS: dict[str, tuple[str, JsonSchema]] = {
    "version": (
        "The version of this format: 1. Set it once per folder.",
        {"type": "integer", "enum": [1]},
    ),
    "project": (
        "The project that owns the objects; those of others are never changed. Set it once per folder.",
        text(
            **pattern(
                "^[a-z0-9][a-z0-9_-]{0,62}$",
                "a project has 1 to 63 lowercase letters, digits, _ and - (a letter or digit first)",
            ),
            examples=["acme-issuing"],
        ),
    ),
    "mode": (
        "The mode of the Stripe keys, test or live; a key for the other mode is rejected.",
        {"type": "string", "enum": ["test", "live"], "default": "test"},
    ),
    "account": (
        "The Stripe account to manage; any other account is rejected.",
        text(**pattern("^acct_[A-Za-z0-9]+$", "an account is acct_ followed by letters and digits")),
    ),
    "guardrails": (
        "Limits on what one apply may do.",
        mapping({name: _or_null(schema) for name, schema in _GUARDRAILS.items()}),
    ),
    "vars": (
        "Variables for `${var.NAME}` and their defaults (null: none); `--var NAME=VALUE` overrides them.",
        {
            "type": "object",
            "propertyNames": pattern(NAME_PATTERN, NAME_SAYS),
            "additionalProperties": _VARIABLE,
        },
    ),
}


def json_schema(kinds: Sequence[Kind]) -> JsonSchema:
    """
    Return the schema of a whole configuration file.

    `definitions` also contains the schemas that are checked separately: `file` (the top level without the
    contents of the blocks), and for each kind its name (`card`) and its `_part`.
    """
    fields = Fields()
    definitions = fields.definitions
    for kind in kinds:
        definitions[_key(kind)] = _resource(kind, fields, part=False)
        definitions[f"{_key(kind)}_part"] = _resource(kind, fields, part=True)
    definitions[DEFINITION] = {"title": "Scenario", "description": DOC, **fields.mapping(FIELDS, part=False)}
    granted = fields.mapping(grant_fields(kinds), part=False)
    definitions[GRANT] = {"title": "Grant", "description": GRANT_DOC, **granted}
    definitions["file"] = mapping(_top_level(kinds, outline=True))
    return {
        "$schema": DRAFT,
        "title": "provisioner configuration",
        "description": "Stripe Issuing as code: cardholders, cards, balance targets and webhook endpoints.",
        **mapping(_top_level(kinds, outline=False)),
        "definitions": dict(sorted(definitions.items())),
    }


@lru_cache(maxsize=8)
def shapes_of(kinds: tuple[Kind, ...]) -> Shapes:
    """Return the compiled schema of the kinds; thousands of accounts share it."""
    return Shapes(json_schema(kinds))


def definition_of(kind: Kind, *, part: bool = False) -> str:
    """Return the name of a kind's definition in the schema."""
    return _key(kind) + ("_part" if part else "")


def _key(kind: Kind) -> str:
    return kind.name.replace(" ", "_")


def _top_level(kinds: Sequence[Kind], *, outline: bool) -> JsonSchema:
    """Return the properties of a file; an `outline` omits the contents of the blocks."""
    parts = [{"$ref": f"#/definitions/{definition_of(kind, part=True)}"} for kind in kinds]
    sections = {}
    for kind, part in zip(kinds, parts, strict=True):
        block = {
            "if": {"type": "object", "required": ["use"]},
            "then": part,
            "else": {"$ref": f"#/definitions/{definition_of(kind)}"},
        }
        names = pattern(kind.name_pattern, kind.name_says)
        sections[kind.section] = _named(f"{kind.doc} By name.", names, True if outline else block)
    profiles = _named(
        "Fields shared by many resources, which `use` includes; the keys of a resource override them.",
        pattern(NAME_PATTERN, NAME_SAYS),
        True if outline else {"anyOf": parts},
    )
    scenario = True if outline else {"$ref": f"#/definitions/{DEFINITION}"}
    scenarios = _named(
        "Purchases and their expected outcomes, for `provisioner test`. By name.",
        pattern(NAME_PATTERN, NAME_SAYS),
        scenario,
    )
    settings = {name: {"description": doc, **_or_null(schema)} for name, (doc, schema) in _SETTINGS.items()}
    grants = _named(
        "Spending power for a while, in addition to what the cards declare. By name.",
        pattern(NAME_PATTERN, NAME_SAYS),
        True if outline else {"$ref": f"#/definitions/{GRANT}"},
    )
    return {**settings, "profiles": profiles, **sections, GRANTS: grants, SECTION: scenarios}


def _named(description: str, names: JsonSchema, values: Any) -> JsonSchema:
    return {
        "description": description,
        "type": ["object", "null"],
        "propertyNames": names,
        "additionalProperties": values,
    }


def _resource(kind: Kind, fields: Fields, *, part: bool) -> JsonSchema:
    use = {"type": "string", "minLength": 1}
    own: JsonSchema = {
        "use": {
            "description": "The profile, or the list of profiles, to start from.",
            "type": ["string", "array"],
            "minLength": 1,
            "items": use,
        },
    }
    if kind.is_owned:
        own["lifecycle"] = {
            "description": "Settings for provisioner itself: protection, removal, renaming and reissue.",
            **_lifecycle(kind),
        }
    if kind.secret:
        own[SECRET_TO] = _SECRET_TO
    resource = fields.mapping(kind.fields, part=part)
    resource["properties"] = own | resource["properties"]
    return {"title": kind.name.capitalize(), "description": kind.doc, **resource}


_SECRET_TO: JsonSchema = {
    "description": "The destination of the secret that Stripe shows only once: a command or a file. "
    "Required in live mode. Without it, the secret is lost.",
    **mapping(
        {
            "command": {
                "description": "The program and its arguments, without a shell. Apply runs it once the "
                "object exists, with the secret on its standard input.",
                "type": "array",
                "items": text(),
                "examples": [["vault", "kv", "put", "secret/stripe", "webhook=-"]],
            },
            "file": {
                "description": "A file that only its owner may read; relative to the file with this block, "
                "and not where git could commit it.",
                "examples": ["../secrets/webhook"],
                **text(),
            },
        }
    ),
}


def removals(kind: Kind) -> list[str]:
    """Return the values of `on_remove` that objects of this kind support."""
    can = {DEACTIVATE: bool(kind.retirement.deactivate), CANCEL: kind.retirement.is_permanent, KEEP: True}
    return [each for each in REMOVALS if can[each]]


def _lifecycle(kind: Kind) -> JsonSchema:
    names = text(**pattern(kind.name_pattern, kind.name_says))
    properties: JsonSchema = {
        "protect": {
            "description": "Prevents plans that would retire or replace the object.",
            "type": "boolean",
            "default": False,
        },
        "on_remove": {
            "description": "The action when the configuration no longer has it; deactivate is reversible.",
            "type": "string",
            "enum": removals(kind),
            "default": removals(kind)[0],
        },
        "previously": {
            "description": "Earlier names of the resource, to rename it without changing the object.",
            "type": "array",
            "items": names,
        },
        "ignore": {
            "description": "Fields (paths with dots) that are set at creation and not compared after that.",
            "type": "array",
            "items": text(),
        },
    }
    reasons = reissue_reasons(kind)
    if reasons:
        number = {"description": "Increase it to reissue again.", "type": "integer", "minimum": 1}
        properties["reissue"] = {
            "description": "Replaces the card with a new one.",
            **mapping({"number": number, "reason": reasons}, ["number", "reason"]),
        }
    return mapping(properties)


def reissue_reasons(kind: Kind) -> JsonSchema:
    """Return the schema of the reasons for a reissue; empty if Stripe cannot replace objects of this kind."""
    if not kind.replacement:
        return {}
    reason = kind.field(kind.replacement.reason)
    return {"description": reason.doc, "type": "string", "enum": list(reason.choices)}
