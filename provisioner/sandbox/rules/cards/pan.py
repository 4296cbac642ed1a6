"""Card numbers, security codes, and expiry dates; they are invented and belong to no real issuer."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.rules.common import unknowns
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Tx, new_digits

Json = dict[str, Any]

# The start of test card numbers (docs.stripe.com/issuing/testing).
_BEGINNING = "4000009990"
_LENGTH = 16
_YEARS = 4
_MONTHS = 12
_LONGEST_YEARS = 5


def number(replaced: Mapping[str, Any] | None) -> str:
    """
    Return a card number; a replacement for a damaged or expired card keeps the number.

    Lost and stolen cards get a new number (docs.stripe.com/issuing/cards/replacements).
    """
    if replaced is not None and replaced["status"] != "canceled":
        return str(replaced["_number"])
    digits = _BEGINNING + new_digits(_LENGTH - len(_BEGINNING) - 1)
    doubled = (int(d) * 2 if i % 2 == 0 else int(d) for i, d in enumerate(reversed(digits)))
    return digits + str(-sum(n // 10 + n % 10 for n in doubled) % 10)


def cvc() -> str:
    """Return a security code of three digits."""
    return new_digits(3)


def expiry(tx: Tx, params: Mapping[str, Any]) -> tuple[int, int]:
    """
    Return the month and the year of the expiry: those in the request, or four years from now.

    Only a virtual card can have its own, at least one month and less than five years ahead
    (docs.stripe.com/changelog/basil/2025-08-27/issuing-custom-expiration-dates); raises ApiError for others.
    """
    today = dt.datetime.fromtimestamp(tx.now, dt.UTC)
    month, year = params.get("exp_month"), params.get("exp_year")
    if month is None and year is None:
        return today.month, today.year + _YEARS
    if month is None or year is None:
        missing = "exp_month" if month is None else "exp_year"
        raise invalid(f"Missing required param: {missing}.", missing, "parameter_missing")
    if params["type"] != "virtual":
        raise invalid("Only a virtual card can be given its own expiration date.", "exp_month")
    if not 1 <= month <= _MONTHS:
        raise invalid("The month must be from 1 to 12.", "exp_month", "invalid_expiry_month")
    ahead = (year - today.year) * _MONTHS + month - today.month
    if not 1 <= ahead < _LONGEST_YEARS * _MONTHS:
        raise invalid(
            f"The expiration date must be at least one month and less than {_LONGEST_YEARS} years ahead.",
            "exp_year",
            "invalid_expiry_year",
        )
    return month, year


def wallets(tx: Tx, holder: Mapping[str, Any]) -> Json:
    """
    Return the `wallets` hash of a new card.

    Wallets need an agreement with Stripe, which a switch stands for, and the cardholder's email address and
    phone number (SDK, `Card.Wallets`; docs.stripe.com/issuing/cards/digital-wallets).
    """
    reason = None if holder["email"] and holder["phone_number"] else "missing_cardholder_contact"
    if not unknowns.on(tx, "wallets_agreed"):
        reason = "missing_agreement"
    wallet = {"eligible": reason is None, "ineligible_reason": reason}
    return {"apple_pay": wallet, "google_pay": wallet, "primary_account_identifier": None}
