"""Shipping of physical cards: docs.stripe.com/issuing/cards/physical/ship-cards."""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.rules.common.countries import EUROPE, address
from provisioner.sandbox.state.errors import invalid

Json = dict[str, Any]

# The default is undocumented; Stripe's sample card has this one.
_DEFAULT_MODE = "normalization_only"


def begun(params: Mapping[str, Any]) -> Json | None:
    """
    Return the shipment of a new card, or None for a virtual card.

    Raises ApiError for a physical card without an address, and for a virtual card with one.
    """
    if params["type"] == "virtual":
        if "shipping" in params:
            raise invalid("A virtual card cannot be shipped.", "shipping")
        return None
    if "shipping" not in params:
        raise invalid("Missing required param: shipping.", "shipping", "parameter_missing")
    return _shipment(params["shipping"])


def changed(card: Mapping[str, Any], given: Mapping[str, Any]) -> Json:
    """Return the shipment after an update; raises ApiError if it was submitted to the printer."""
    if card["shipping"] is None:
        raise invalid("A virtual card cannot be shipped.", "shipping")
    require_pending(card["shipping"], "shipping")
    return _shipment(given)


def require_pending(shipment: Mapping[str, Any], param: str) -> None:
    """Raise ApiError if a shipment has been submitted to the printer."""
    if shipment["status"] != "pending":
        raise invalid("The shipment has been submitted and can no longer be changed.", param)


def canceled(shipment: Json | None) -> Json | None:
    """Return the shipment of a canceled card: canceled, too, unless it was already shipped."""
    if shipment is None or shipment["status"] != "pending":
        return shipment
    return {**shipment, "status": "canceled"}


def _shipment(given: Mapping[str, Any]) -> Json:
    to = address(given["address"], "shipping[address]")
    eori = given.get("customs", {}).get("eori_number")
    if given.get("type") == "bulk" and to["country"] in EUROPE and not eori:
        # SDK, CardCreateParamsShippingCustoms: required for bulk shipments to Europe.
        param = "shipping[customs][eori_number]"
        raise invalid(f"Missing required param: {param}.", param, "parameter_missing")
    mode = given.get("address_validation", {}).get("mode", _DEFAULT_MODE)
    validated = mode == "validation_and_normalization"
    return {
        "address": to,
        "address_validation": {
            "mode": mode,
            "normalized_address": None if mode == "disabled" else to,
            "result": "likely_deliverable" if validated else None,
        },
        "business_name": given.get("business_name"),
        "carrier": None,
        "customs": {"eori_number": eori},
        "eta": None,
        "name": given["name"],
        "phone_number": given.get("phone_number"),
        "require_signature": given.get("require_signature"),
        "service": given.get("service", "standard"),
        "status": "pending",
        "tracking_number": None,
        "tracking_url": None,
        "type": given.get("type", "individual"),
    }
