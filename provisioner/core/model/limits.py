"""Stripe's limits, and the default limit of a card without one."""

from collections.abc import Mapping
from typing import Any

from provisioner.core.model.currencies import currency_of

LARGEST_AMOUNT = 999_999_99
"""The largest top-up in minor units: Stripe accepts amounts of eight digits (docs.stripe.com/currencies)."""
LARGEST_PURCHASE = 1_000_000
"""The largest authorization in minor units: 10,000 units of the currency, which cannot be raised."""
DEFAULT_A_DAY = 500
"""
The amount that a card without limits may spend per day, in units of its currency.

Documented for USD and EUR (docs.stripe.com/issuing/controls/spending-controls); assumed to be the same for
others [?].
"""

METADATA_KEYS, METADATA_KEY, METADATA_VALUE = 50, 40, 500
"""The maximum number of keys, and of characters in a key and in a value (docs.stripe.com/api/metadata)."""


def default_limit(currency: str) -> Mapping[str, Any]:
    """Return the limit that Stripe gives a new card without limits."""
    return {"amount": DEFAULT_A_DAY * currency_of(currency).unit, "interval": "daily"}
