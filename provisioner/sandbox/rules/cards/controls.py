"""Spending controls of cards and cardholders: docs.stripe.com/issuing/controls/spending-controls."""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.rules.common.countries import country
from provisioner.sandbox.rules.common.currencies import currency
from provisioner.sandbox.state.errors import exclusive, invalid

Json = dict[str, Any]

_PAIRS = ("categories", "merchant_countries", "card_presences")
_PARAM = "spending_controls"


def empty(unset: list[Any] | None) -> Json:
    """Return empty controls; `unset` is the kind's value for an empty list (null for cards)."""
    return {
        "allowed_card_presences": None,
        "allowed_categories": unset,
        "allowed_merchant_countries": unset,
        "blocked_card_presences": None,
        "blocked_categories": unset,
        "blocked_merchant_countries": unset,
        "spending_limits": [],
        "spending_limits_currency": None,
    }


def merged(before: Mapping[str, Any], given: Mapping[str, Any], unset: list[Any] | None) -> Json:
    """
    Return the controls after a request.

    A list in the request replaces the old one, an empty value clears it, and other lists stay. Raises
    ApiError if there are both an allow-list and a block-list, and for invalid limits, countries, and
    currencies.
    """
    blank = empty(unset)
    after = dict(before)
    for name, value in given.items():
        after[name] = blank[name] if value == "" else _clean(name, value)
    for pair in _PAIRS:
        if after[f"allowed_{pair}"] and after[f"blocked_{pair}"]:
            raise exclusive(f"{_PARAM}[allowed_{pair}]", f"{_PARAM}[blocked_{pair}]")
    return after


def _clean(name: str, value: Any) -> Any:
    param = f"{_PARAM}[{name}]"
    if name == "spending_limits":
        for i, limit in enumerate(value):
            if limit["amount"] < 0:
                amount = f"{param}[{i}][amount]"
                raise invalid("Invalid non-negative integer", amount, "parameter_invalid_integer")
        return [
            {
                "amount": each["amount"],
                "categories": each.get("categories") or [],
                "interval": each["interval"],
            }
            for each in value
        ]
    if name.endswith("_merchant_countries"):
        return [country(code, f"{param}[{i}]") for i, code in enumerate(value)]
    return currency(value, param) if name == "spending_limits_currency" else value
