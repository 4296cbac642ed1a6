"""Details of a purchase: fuel, fleet, flight, lodging, receipt; missing members are null."""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

_FUEL = ("industry_product_code", "quantity_decimal", "type", "unit", "unit_cost_decimal")
_PROMPTS = ("alphanumeric_id", "driver_id", "odometer", "unspecified_id", "user_id", "vehicle_number")
_FLIGHT = ("departure_at", "passenger_name", "refundable", "travel_agency")
_SEGMENT = (
    "arrival_airport_code",
    "carrier",
    "departure_airport_code",
    "flight_number",
    "service_class",
    "stopover_allowed",
)


def fuel(given: Mapping[str, Any] | None) -> Json | None:
    """Return the `fuel` hash of an authorization or a transaction."""
    return None if given is None else _members(given, _FUEL)


def fleet(given: Mapping[str, Any] | None) -> Json | None:
    """Return the `fleet` hash of an authorization or a transaction."""
    if given is None:
        return None
    reported = given.get("reported_breakdown", {})
    return {
        "cardholder_prompt_data": _members(given.get("cardholder_prompt_data", {}), _PROMPTS),
        "purchase_type": given.get("purchase_type"),
        "reported_breakdown": {
            "fuel": _members(reported.get("fuel", {}), ("gross_amount_decimal",)),
            "non_fuel": _members(reported.get("non_fuel", {}), ("gross_amount_decimal",)),
            "tax": _members(reported.get("tax", {}), ("local_amount_decimal", "national_amount_decimal")),
        },
        "service_type": given.get("service_type"),
    }


def details(given: Mapping[str, Any] | None) -> Json | None:
    """Return the `purchase_details` of a transaction."""
    if given is None:
        return None
    lodging = given.get("lodging")
    return {
        "fleet": fleet(given.get("fleet")),
        "flight": _flight(given.get("flight")),
        "fuel": fuel(given.get("fuel")),
        "lodging": None if lodging is None else _members(lodging, ("check_in_at", "nights")),
        "receipt": receipt(given.get("receipt")),
        "reference": given.get("reference"),
    }


def receipt(given: list[Mapping[str, Any]] | None) -> list[Json] | None:
    """Return the lines of a receipt; quantities are numbers in responses and strings in requests."""
    if given is None:
        return None
    lines = [_members(line, ("description", "quantity", "total", "unit_cost")) for line in given]
    return [
        line | {"quantity": None if line["quantity"] is None else float(line["quantity"])} for line in lines
    ]


def _flight(given: Mapping[str, Any] | None) -> Json | None:
    if given is None:
        return None
    segments = given.get("segments")
    return _members(given, _FLIGHT) | {
        "segments": None if segments is None else [_members(segment, _SEGMENT) for segment in segments]
    }


def _members(given: Mapping[str, Any], names: tuple[str, ...]) -> Json:
    return {name: given.get(name) for name in names}
