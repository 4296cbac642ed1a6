"""The merchant of a purchase: what the request says, and Stripe's sample merchant where it says nothing."""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.rules.common.countries import country
from provisioner.sandbox.rules.purchases.merchant_codes import CODES

Json = dict[str, Any]

# The merchant of the sample object in docs.stripe.com/api/issuing/authorizations/object.
# [?] What Stripe's test helper puts where a request says nothing is not documented.
_SAMPLE: Json = {
    "category": "taxicabs_limousines",
    "city": "San Francisco",
    "country": "US",
    "name": "Rocket Rides",
    "network_id": "1234567890",
    "postal_code": "94107",
    "state": "CA",
}


def described(params: Mapping[str, Any]) -> Json:
    """
    The `merchant_data` of a request's parameters.

    A merchant that is somewhere else has no city, postal code or state but its own. Raises
    StripeError for a country that is none.
    """
    given = params.get("merchant_data", {})
    merchant = {name: given.get(name, value) for name, value in _SAMPLE.items()}
    merchant["country"] = country(merchant["country"], "merchant_data[country]")
    if {"city", "country", "postal_code", "state"} & given.keys():
        merchant |= {name: given.get(name) for name in ("city", "postal_code", "state")}
    return {
        **merchant,
        "category_code": CODES[merchant["category"]],
        "tax_id": None,
        "terminal_id": given.get("terminal_id"),
        "url": given.get("url"),
    }
