"""The JSON Schema of fleet.yaml and of rosters, for editors and for our own checks."""

import json

from provisioner.config.schema.configuration import CURRENCY, DRAFT
from provisioner.config.schema.field_schema import JsonSchema, amount, mapping, pattern, text
from provisioner.core.schema.kind import NAME_PATTERN, NAME_SAYS
from provisioner.fleet.select import SELECTOR_SAYS

ACCOUNT = pattern("^acct_[A-Za-z0-9]+$", "an account id is acct_ followed by letters and digits")
FAILED = pattern(
    "^(?:100|[1-9]?[0-9])%$", 'a percentage of accounts looks like "5%", a number of them like 20'
)
AMOUNT_SAYS = 'an amount for a fleet looks like "50,000.00 USD", or {usd: 5000000} in minor units'
LONGEST_LABEL = 200
_BY_CURRENCY = {"type": "object", "propertyNames": CURRENCY, "additionalProperties": amount()}
_MONEY = {**amount(), **_BY_CURRENCY, "type": ["string", "object"], "patternErrorMessage": AMOUNT_SAYS}


def fleet_schema() -> JsonSchema:
    """
    Return the schema of fleet.yaml.

    `definitions` also has the schemas that are checked separately: `account`, `file` (everything except the
    contents of accounts) and `roster` (a YAML file of accounts, likewise).
    """
    label = text(maxLength=LONGEST_LABEL)
    account = {
        "account": _described("Stripe's id of the connected account.", text(**ACCOUNT)),
        "name": _described("Name for people; the default is its id.", text(maxLength=LONGEST_LABEL)),
        "configuration": _configuration("The configuration of this account"),
        "env": _described("Apply the overrides in environments/ENV.yaml.", text(maxLength=100)),
        "vars": _vars("Variables for the configuration, like --var."),
        "labels": _described(
            "Labels, by which --select and `canary` choose accounts.", {**_named(label), "type": "object"}
        ),
    }
    return {
        "$schema": DRAFT,
        "title": "provisioner fleet",
        "description": "A fleet of connected accounts.",
        **mapping(_top_level({"$ref": "#/definitions/account"}), ["version", "fleet"]),
        "definitions": {
            "account": {"title": "Account", **mapping(account, ["account"])},
            "file": mapping(_top_level({}), ["version", "fleet"]),
            "roster": mapping({"accounts": {"type": "array", "items": {}}}, ["accounts"]),
        },
    }


def fleet_schema_text() -> str:
    """Return the schema as the text of `schemas/fleet.schema.json`."""
    return json.dumps(fleet_schema(), indent=2, ensure_ascii=False) + "\n"


def _described(description: str, schema: JsonSchema) -> JsonSchema:
    return {"description": description, **schema}


def _configuration(what: str) -> JsonSchema:
    return _described(f"{what}: a file or folder, relative to this file.", text())


def _vars(description: str) -> JsonSchema:
    value = {"type": ["string", "integer", "boolean"], "maxLength": 5000}
    return _described(description, {**_named(value), "type": "object"})


def _named(values: JsonSchema) -> JsonSchema:
    return {"propertyNames": pattern(NAME_PATTERN, NAME_SAYS), "additionalProperties": values}


def _top_level(items: JsonSchema) -> JsonSchema:
    texts = {"type": ["string", "array"], "minLength": 1, "items": text()}
    guardrails = {
        "max_top_up": _described("Maximum total of the top-ups of a run, by currency.", _MONEY),
        "max_retired": _described(
            "Maximum number of objects that a run retires or replaces.", {"type": "integer", "minimum": 0}
        ),
        "max_failed": _described(
            'Accounts that may fail before a run stops: a number (20) or a percentage ("5%").',
            {"type": ["integer", "string"], "minimum": 0, **FAILED},
        ),
    }
    return {
        "version": _described("The version of this format: 1.", {"type": "integer", "enum": [1]}),
        "fleet": _described("The fleet's name, for reports.", text(maxLength=100)),
        "mode": _described(
            "Mode of the API keys: test or live.",
            {"type": "string", "enum": ["test", "live"], "default": "test"},
        ),
        "configuration": _configuration("Default configuration of the accounts"),
        "env": _described("Default environment of the accounts.", text(maxLength=100)),
        "vars": _vars("Variables for all accounts; those of an account take precedence."),
        "accounts": _described("Connected accounts of the fleet.", {"type": "array", "items": items}),
        "roster": _described("Files of accounts: *.csv, *.jsonl, *.yaml.", texts),
        "canary": _described(f"Accounts that go first and must succeed: {SELECTOR_SAYS}.", texts),
        "rates": _described(
            "Maximum requests per second.",
            mapping(
                {
                    "account": _rate("To each account."),
                    "platform": _rate("In total, with the platform's key."),
                }
            ),
        ),
        "guardrails": _described("Limits for one run over the fleet.", mapping(guardrails)),
    }


def _rate(description: str) -> JsonSchema:
    return _described(description, {"type": "integer", "minimum": 1, "maximum": 10_000})
