"""The JSON Schema of fleet.yaml and of a roster's accounts; editors and the checks use the same one."""

import json

from provisioner.config.schema.configuration import CURRENCY, DRAFT
from provisioner.config.schema.field_schema import JsonSchema, amount, mapping, pattern, text
from provisioner.core.schema.kind import NAME_PATTERN, NAME_SAYS
from provisioner.fleet.select import SELECTOR_SAYS

ACCOUNT = pattern("^acct_[A-Za-z0-9]+$", "an account is acct_ followed by letters and digits")
FAILED = pattern("^(?:100|[1-9]?[0-9])%$", 'a share of accounts is like "5%", a number of them like 20')
AMOUNT_SAYS = 'a fleet\'s amount has its currency: "50,000.00 USD", or {usd: 5000000} in minor units'
LONGEST_LABEL = 200
_BY_CURRENCY = {"type": "object", "propertyNames": CURRENCY, "additionalProperties": amount()}
_MONEY = {**amount(), **_BY_CURRENCY, "type": ["string", "object"], "patternErrorMessage": AMOUNT_SAYS}


def fleet_schema() -> JsonSchema:
    """
    Return the schema of fleet.yaml.

    `definitions` also holds what the checks take one by one: `account`, `file` (all but what the
    accounts hold) and `roster` (a YAML file of accounts, likewise).
    """
    label = text(maxLength=LONGEST_LABEL)
    account = {
        "account": _described("Stripe's id of the connected account.", text(**ACCOUNT)),
        "name": _described("What people call it; its id by default.", text(maxLength=LONGEST_LABEL)),
        "configuration": _configuration("The configuration of this account"),
        "env": _described("Lay environments/ENV.yaml over the configuration.", text(maxLength=100)),
        "vars": _vars("Variables for the configuration, as --var gives them."),
        "labels": _described("What --select and canary go by.", {**_named(label), "type": "object"}),
    }
    return {
        "$schema": DRAFT,
        "title": "provisioner fleet",
        "description": "Many connected accounts, provisioned alike.",
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
        "max_top_up": _described("The most money that a run may move, by currency.", _MONEY),
        "max_retired": _described(
            "The most objects that a run may retire or replace.", {"type": "integer", "minimum": 0}
        ),
        "max_failed": _described(
            'Accounts that may fail before a run stops: 20, or "5%" of them.',
            {"type": ["integer", "string"], "minimum": 0, **FAILED},
        ),
    }
    return {
        "version": _described("The version of this format: 1.", {"type": "integer", "enum": [1]}),
        "fleet": _described("The fleet's name, for reports.", text(maxLength=100)),
        "mode": _described(
            "Whether this is for test or live keys.",
            {"type": "string", "enum": ["test", "live"], "default": "test"},
        ),
        "configuration": _configuration("The configuration of every account that names none"),
        "env": _described("The environment of every account that names none.", text(maxLength=100)),
        "vars": _vars("Variables for all accounts; an account's own win."),
        "accounts": _described("The accounts.", {"type": "array", "items": items}),
        "roster": _described("Files of accounts: *.csv, *.jsonl, *.yaml.", texts),
        "canary": _described(f"Accounts that go first and must succeed: {SELECTOR_SAYS}.", texts),
        "rates": _described(
            "Requests a second.",
            mapping({"account": _rate("To one account."), "platform": _rate("With the platform's key.")}),
        ),
        "guardrails": _described("What one run over the fleet may do at most.", mapping(guardrails)),
    }


def _rate(description: str) -> JsonSchema:
    return _described(description, {"type": "integer", "minimum": 1, "maximum": 10_000})
