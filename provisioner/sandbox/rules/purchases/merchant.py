"""The merchant of a purchase: data from the request, or else Stripe's sample merchant."""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.rules.common.countries import country
from provisioner.sandbox.rules.purchases.merchant_codes import CODES

Json = dict[str, Any]

# The merchant of the sample object in docs.stripe.com/api/issuing/authorizations/object.
# [?] The default values of Stripe's test helper are undocumented.
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
    Return the `merchant_data` for a request.

    If the request has a city, country, postal code, or state, no city, postal code, or state of the sample
    merchant is used. Raises ApiError for an unknown country.
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
