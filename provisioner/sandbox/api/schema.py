"""
Checks a request's parameters against Stripe's own parameter types (`params.json`, see `sdk_types`).

Unknown parameters are rejected, and values are converted to integers, booleans, lists, and dicts. An empty
value for a parameter that can be unset becomes the empty string.
"""

import functools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from provisioner.sandbox.registry import UploadedFile
from provisioner.sandbox.state.errors import ApiError, invalid

_DATA = Path(__file__).with_name("params.json")
# Scalar -> its name in errors, and the form of its values.
_FORMS = {
    "bool": ("boolean", re.compile("true|false")),
    "decimal": ("decimal", re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,12})?")),
    "int": ("integer", re.compile(r"[+-]?[0-9]{1,18}")),
    "str": ("string", re.compile(r".*", re.DOTALL)),
}
_LONGEST = 5000  # characters of any string, from Stripe's OpenAPI description
_SHOWN = 12  # values of an enumeration that an error message lists
_INDEX = re.compile(r"[0-9]{1,4}")

_CONTROLS = (
    "allowed_card_presences",
    "allowed_categories",
    "allowed_merchant_countries",
    "blocked_card_presences",
    "blocked_categories",
    "blocked_merchant_countries",
    "spending_limits",
)

# Parameters that Stripe accepts, but the SDK's types lack: (end of the type's name, field) -> node.
_UNTYPED: dict[tuple[str, str], Any] = {
    # docs.stripe.com/issuing/adding-funds-to-your-card-program; only for some accounts, so untyped.
    ("TopupCreateParams", "destination_balance"): {"enum": ["issuing"]},
    # docs.stripe.com/issuing/connect/funding; untyped for the same reason.
    ("PayoutCreateParams", "source_balance"): {"enum": ["issuing"]},
    # stripe-cli, issuing_transaction.purchase_details_receipt_updated.
    ("issuing.TransactionUpdateParams", "purchase_details"): {"hash": "own.PurchaseReceipt"},
}
# Values that Stripe accepts, but the SDK lacks, by field.
_MORE_VALUES: dict[str, list[str]] = {
    "preferred_locales": ["da", "pl", "sv"],  # registry.terraform.io, stripe provider
    "purpose": ["issuing_logo"],  # docs.stripe.com/issuing/cards/physical/personalization-designs
}

# Parameters of endpoints that are missing in the SDK.
OWN: dict[str, dict[str, Any]] = {
    "own.Nothing": {"fields": {"expand": {"list": "str"}}, "required": []},
    "own.Capability": {"fields": {"requested": "bool"}, "required": []},
    "own.Capabilities": {
        "fields": {
            name: {"hash": "own.Capability"}
            for name in (
                "card_issuing",
                "card_payments",
                "transfers",
                "treasury",
                "us_bank_account_ach_payments",
            )
        },
        "required": [],
    },
    # stripe-cli, pkg/stripeauth and pkg/cmd/resource/events_resend.
    "own.CliSession": {
        "fields": {
            **dict.fromkeys(
                (
                    "device_name",
                    "filters",
                    "forward_connect_to_url",
                    "forward_thin_connect_to_url",
                    "forward_thin_to_url",
                    "forward_to_url",
                ),
                "str",
            ),
            "websocket_features": {"list": "str"},
        },
        "required": [],
    },
    "own.EventRetry": {
        "fields": {
            "account": "str",
            "expand": {"list": "str"},
            "for_stripecli": "bool",
            "webhook_endpoint": "str",
        },
        "required": [],
    },
    # The part of docs.stripe.com/api/accounts/create that an account for tests needs.
    "own.AccountCreate": {
        "fields": {
            "business_profile": {"hash": "own.BusinessProfile"},
            "business_type": {"enum": ["company", "government_entity", "individual", "non_profit"]},
            "capabilities": {"hash": "own.Capabilities"},
            "company": {"hash": "own.Company"},
            "controller": {"hash": "own.AccountController"},
            "country": "str",
            "email": "str",
            "expand": {"list": "str"},
            "individual": {"hash": "own.Individual"},
            "metadata": {"unset": {"map": "str"}},
            "settings": {"hash": "own.AccountSettings"},
            "tos_acceptance": {"hash": "own.TermsAcceptance"},
            "type": {"enum": ["custom", "express", "standard"]},
        },
        "required": [],
    },
    # The part of docs.stripe.com/api/accounts/update that Issuing needs (docs.stripe.com/issuing/connect).
    "own.AccountUpdate": {
        "fields": {
            "business_profile": {"hash": "own.BusinessProfile"},
            "business_type": {"enum": ["company", "government_entity", "individual", "non_profit"]},
            "capabilities": {"hash": "own.Capabilities"},
            "company": {"hash": "own.Company"},
            "email": "str",
            "expand": {"list": "str"},
            "individual": {"hash": "own.Individual"},
            "metadata": {"unset": {"map": "str"}},
            "settings": {"hash": "own.AccountSettings"},
            "tos_acceptance": {"hash": "own.TermsAcceptance"},
        },
        "required": [],
    },
    "own.AccountController": {
        "fields": {
            "fees": {"hash": "own.ControllerFees"},
            "losses": {"hash": "own.ControllerLosses"},
            "requirement_collection": {"enum": ["application", "stripe"]},
            "stripe_dashboard": {"hash": "own.ControllerDashboard"},
        },
        "required": [],
    },
    "own.ControllerFees": {"fields": {"payer": {"enum": ["account", "application"]}}, "required": []},
    "own.ControllerLosses": {"fields": {"payments": {"enum": ["application", "stripe"]}}, "required": []},
    "own.ControllerDashboard": {"fields": {"type": {"enum": ["express", "full", "none"]}}, "required": []},
    "own.Individual": {
        "fields": {
            "address": {"hash": "own.AccountAddress"},
            "dob": {"unset": {"hash": "AccountPersonCreateParamsDob"}},
            "metadata": {"unset": {"map": "str"}},
            **dict.fromkeys(
                ("email", "first_name", "gender", "id_number", "last_name", "maiden_name"), "str"
            ),
            **dict.fromkeys(("phone", "ssn_last_4"), "str"),
            "political_exposure": {"enum": ["existing", "none"]},
            "verification": {"hash": "AccountPersonCreateParamsVerification"},
        },
        "required": [],
    },
    "own.BusinessProfile": {
        "fields": dict.fromkeys(
            ("mcc", "name", "product_description", "support_email", "support_phone", "support_url", "url"),
            "str",
        ),
        "required": [],
    },
    "own.Company": {
        "fields": {
            "address": {"hash": "own.AccountAddress"},
            **dict.fromkeys(("name", "phone", "tax_id"), "str"),
            **dict.fromkeys(("directors_provided", "executives_provided", "owners_provided"), "bool"),
        },
        "required": [],
    },
    "own.AccountAddress": {
        "fields": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"), "str"),
        "required": [],
    },
    "own.AccountSettings": {
        "fields": {name: {"hash": "own.ProductSettings"} for name in ("card_issuing", "treasury")},
        "required": [],
    },
    "own.ProductSettings": {"fields": {"tos_acceptance": {"hash": "own.TermsAcceptance"}}, "required": []},
    "own.TermsAcceptance": {
        "fields": {"date": "int", "ip": "str", "user_agent": {"unset": "str"}},
        "required": [],
    },
    # The parameters of the older path that stripe-cli's trigger issuing_authorization.request sends.
    "own.CardTestAuthorization": {
        "fields": {
            "authorization_method": {"enum": ["chip", "contactless", "keyed_in", "online", "swipe"]},
            "expand": {"list": "str"},
            "held_amount": "int",
            "held_currency": "str",
        },
        "required": ["held_amount"],
    },
    # stripe-cli, trigger issuing_dispute.funds_reinstated.
    "own.DisputeDecision": {
        "fields": {"expand": {"list": "str"}, "status": {"enum": ["lost", "won"]}},
        "required": ["status"],
    },
    # Stripe's OpenAPI description, PostTestHelpersIssuingSettlements.
    "own.SettlementCreate": {
        "fields": {
            "bin": "str",
            "clearing_date": "int",
            "currency": "str",
            "expand": {"list": "str"},
            "interchange_fees_amount": "int",
            "net_total_amount": "int",
            "network": {"enum": ["maestro", "visa"]},
            "network_settlement_identifier": "str",
            "transaction_amount": "int",
            "transaction_count": "int",
        },
        "required": ["bin", "clearing_date", "currency", "net_total_amount"],
    },
    "own.SettlementUpdate": {
        "fields": {"expand": {"list": "str"}, "metadata": {"unset": {"map": "str"}}},
        "required": [],
    },
    "own.PurchaseReceipt": {
        "fields": {"receipt": {"list": {"hash": "own.ReceiptLine"}}},
        "required": ["receipt"],
    },
    "own.ReceiptLine": {
        "fields": {"description": "str", "quantity": "decimal", "total": "int", "unit_cost": "int"},
        "required": [],
    },
    # docs.stripe.com/api/issuing/funding_instructions
    "own.FundingBankTransfer": {
        "fields": {"type": {"enum": ["eu_bank_transfer", "gb_bank_transfer"]}},
        "required": ["type"],
    },
    "own.FundingInstructions": {
        "fields": {
            "bank_transfer": {"hash": "own.FundingBankTransfer"},
            "currency": "str",
            "expand": {"list": "str"},
            "funding_type": {"enum": ["bank_transfer"]},
        },
        "required": ["bank_transfer", "currency", "funding_type"],
    },
    "own.FundingInstructionsList": {
        "fields": {
            "ending_before": "str",
            "expand": {"list": "str"},
            "limit": "int",
            "starting_after": "str",
        },
        "required": [],
    },
    "own.FundBalance": {
        "fields": {"amount": "int", "currency": "str", "expand": {"list": "str"}},
        "required": ["amount", "currency"],
    },
}


@functools.cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_DATA.read_text(encoding="utf-8"))
    for name, entry in data["types"].items():
        fields = entry["fields"]
        fields |= {field: node for (suffix, field), node in _UNTYPED.items() if name.endswith(suffix)}
        for field in _MORE_VALUES.keys() & fields.keys():
            node = fields[field].get("list", fields[field])
            node["enum"] = [*node["enum"], *_MORE_VALUES[field]]
        # The API reference says that all of these can be emptied; the types say so only for some.
        for field in ("metadata", *(_CONTROLS if name.endswith("SpendingControls") else ())):
            if field in fields and "unset" not in fields[field]:
                fields[field] = {"unset": fields[field]}
    data["types"].update(OWN)
    return data


def types() -> Mapping[str, Any]:
    """Return all parameter types by name, in the form of `sdk_types.describe`."""
    found: Mapping[str, Any] = _data()["types"]
    return found


def values(enum: list[str] | str) -> list[str]:
    """Return the values of an enumeration, given as a list or by name."""
    return list(_data()["enums"][enum]) if isinstance(enum, str) else enum


def check(name: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the typed parameters of a request whose type is `name`.

    Raises ApiError (400): `parameter_unknown`, `parameter_missing`, `parameter_invalid_*`.
    """
    return _hash(name, params, "")


def _hash(name: str, value: Mapping[str, Any], path: str) -> dict[str, Any]:
    entry = types()[name]
    fields = entry["fields"]
    unknown = [_join(path, key) for key in value if key not in fields]
    if unknown:
        noun = "parameter" if len(unknown) == 1 else "parameters"
        raise invalid(f"Received unknown {noun}: {', '.join(unknown)}", unknown[0], "parameter_unknown")
    for field in entry["required"]:
        if field not in value:
            param = _join(path, field)
            raise invalid(f"Missing required param: {param}.", param, "parameter_missing")
    return {key: _value(fields[key], item, _join(path, key)) for key, item in value.items()}


def _value(node: Any, value: Any, path: str) -> Any:
    if isinstance(node, dict) and "unset" in node:
        return "" if value == "" else _value(node["unset"], value, path)
    if isinstance(node, dict) and "any" in node:
        return _first(node["any"], value, path)
    if value == "":
        raise invalid(
            f"You passed an empty string for '{path}', which asks to unset it; '{path}' cannot be unset. "
            "Leave it out, or give it a value.",
            path,
            "parameter_invalid_empty",
        )
    match node:
        case str():
            return _scalar(node, value, path)
        case {"enum": enum}:
            allowed = values(enum)
            if value not in allowed:
                shown = ", ".join(allowed if len(allowed) <= _SHOWN else [*allowed[:5], "..."])
                raise invalid(f"Invalid {path}: must be one of {shown}", path, "parameter_invalid_enum")
            return value
        case {"hash": name}:
            return _hash(name, _as_hash(value, path), path)
        case {"map": item}:
            return {
                key: v if v == "" else _value(item, v, _join(path, key))
                for key, v in _as_hash(value, path).items()
            }
        case {"list": item}:
            return [_value(item, v, f"{path}[{i}]") for i, v in enumerate(_as_list(value, path))]
        case _:
            raise AssertionError(node)


def _first(nodes: list[Any], value: Any, path: str) -> Any:
    """Check a value against the member of a union that has its shape, so that errors refer to that member."""
    nested = isinstance(value, dict | list)
    fitting = [node for node in nodes if isinstance(node, dict) and "enum" not in node] if nested else nodes
    for node in fitting[:-1]:
        try:
            return _value(node, value, path)
        except ApiError:
            continue
    return _value((fitting or nodes)[-1], value, path)


def _scalar(kind: str, value: Any, path: str) -> Any:
    if kind == "file":
        if not isinstance(value, UploadedFile):
            raise invalid(f"Invalid file: {path} must be a part of a multipart form with a file name", path)
        return value
    noun, form = _FORMS[kind]
    if not isinstance(value, str) or not form.fullmatch(value):
        raise invalid(f"Invalid {noun}: {value}", path, f"parameter_invalid_{noun}")
    if kind in {"int", "bool"}:
        return int(value) if kind == "int" else value == "true"
    if len(value) > _LONGEST:
        raise invalid(f"{path} can be at most {_LONGEST} characters long.", path, "parameter_invalid_string")
    if not value.strip():
        raise invalid(f"{path} cannot be blank.", path, "parameter_invalid_string_blank")
    return value


def _as_hash(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f"Invalid object: {path} must be a hash", path, "parameter_invalid_object")
    return value


def _as_list(value: Any, path: str) -> list[Any]:
    if isinstance(value, dict) and value and all(_INDEX.fullmatch(key) for key in value):
        return [value[key] for key in sorted(value, key=int)]
    if not isinstance(value, list):
        raise invalid(f"Invalid array: {path} must be an array", path, "parameter_invalid_array")
    return value


def _join(path: str, key: str) -> str:
    return f"{path}[{key}]" if path else key
