"""
Features of financial accounts, such as cards and a bank address.

All of them but cards are pending at first (docs.stripe.com/treasury/account-management/financial-accounts),
here for some seconds.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import registered
from provisioner.sandbox.state.objects import Resource, Tx

Json = dict[str, Any]

CARDS = "card_issuing"
BANK_ADDRESS = "financial_addresses.aba"
ACTIVE_AFTER = 5  # seconds
# Feature -> the flows whose restriction by the platform restricts it.
_FLOWS: Mapping[str, str] = {
    CARDS: "outbound_flows",
    "deposit_insurance": "",
    BANK_ADDRESS: "inbound_flows",
    "inbound_transfers.ach": "inbound_flows",
    "intra_stripe_flows": "",
    "outbound_payments.ach": "outbound_flows",
    "outbound_payments.us_domestic_wire": "outbound_flows",
    "outbound_transfers.ach": "outbound_flows",
    "outbound_transfers.us_domestic_wire": "outbound_flows",
}
_ROUTING_NUMBER = "000000001"  # no bank offers it

FEATURES = registered(Resource("treasury.financial_account_features", "", "financial account features"))
# The parts of a financial account that `expand[]` passes through.
ADDRESS = registered(Resource("treasury.financial_address", "", "", embedded={"aba": "treasury.aba"}))
registered(Resource("treasury.aba", "", "", expandable={"account_number": ()}))


def requested(given: Mapping[str, Any]) -> dict[str, bool]:
    """Return the features that a request asks for or gives up, by their dotted names."""
    found: dict[str, bool] = {}
    for name, value in given.items():
        if name in _FLOWS:
            found[name] = value["requested"]
        elif isinstance(value, dict):
            found |= {f"{name}.{inner}": one["requested"] for inner, one in value.items()}
    return found


def begun(before: Mapping[str, bool], after: Mapping[str, bool]) -> list[str]:
    """Return the newly requested features that are pending at first."""
    return [name for name, wanted in after.items() if wanted and not before.get(name) and name != CARDS]


def shown(asked: Mapping[str, bool], account: Mapping[str, Any]) -> Json:
    """Return the features that have ever been requested, in the form of responses."""
    found: Json = {"object": FEATURES.object}
    for name, wanted in asked.items():
        reason = _reason(name, account, wanted=wanted)
        details = [reason] if reason else []
        feature = {"requested": wanted, "status": _status(reason), "status_details": details}
        group, _, inner = name.partition(".")
        if inner:
            found.setdefault(group, {})[inner] = feature
        else:
            found[group] = feature
    return found


def by_status(asked: Mapping[str, bool], account: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the names of the requested features by their status: active, pending, restricted."""
    found: dict[str, list[str]] = {"active": [], "pending": [], "restricted": []}
    for name in sorted(name for name, wanted in asked.items() if wanted):
        found[_status(_reason(name, account, wanted=True))].append(name)
    return found


def _status(reason: Mapping[str, Any] | None) -> str:
    if reason is None:
        return "active"
    return "pending" if reason["code"] == "activating" else "restricted"


def _number(account_id: str) -> str:
    return str(int(hashlib.sha256(account_id.encode()).hexdigest(), 16))[:12]


def with_number(_tx: Tx, account: Mapping[str, Any]) -> Json:
    """Return the bank address of a financial account as `expand[]` shows it: with the account number."""
    number = {"account_number": _number(account["id"])}
    addresses = [{**one, "aba": {**one["aba"], **number}} for one in account["financial_addresses"]]
    return {"financial_addresses": addresses}


def address(account_id: str) -> Json:
    """Return the bank address of a financial account; its digits never change."""
    return {
        "aba": {
            "account_holder_name": "Sandbox",
            "account_number_last4": _number(account_id)[-4:],
            "bank_name": "Sandbox Bank",
            "routing_number": _ROUTING_NUMBER,
        },
        "supported_networks": ["ach", "us_domestic_wire"],
        "type": "aba",
    }


def _reason(name: str, account: Mapping[str, Any], *, wanted: bool) -> Json | None:
    """Return why a feature is not active, or None."""
    flow = _FLOWS[name]
    if account["status"] == "closed":
        return {"code": "financial_account_closed", "resolution": None}
    if not wanted:
        return {"code": "restricted_other", "resolution": None}
    if flow and account["platform_restrictions"][flow] == "restricted":
        return {"code": "restricted_by_platform", "resolution": "remove_restriction", "restriction": flow}
    if name in account.get("_pending", ()):
        return {"code": "activating", "resolution": None}
    return None
