"""
Converts amounts between currencies.

The rates are fixed, roughly those of 2025, so that tests can predict the cost of a purchase in a foreign
currency.
"""

from collections.abc import Mapping
from fractions import Fraction

from provisioner.sandbox.state.errors import invalid

# US dollars for one minor unit of a currency, in cents.
_CENTS: Mapping[str, Fraction] = {
    "aud": Fraction(65, 100),
    "cad": Fraction(72, 100),
    "chf": Fraction(125, 100),
    "eur": Fraction(110, 100),
    "gbp": Fraction(130, 100),
    "jpy": Fraction(68, 100),
    "sek": Fraction(10, 100),
    "usd": Fraction(1),
}


def known(currency: str, param: str) -> str:
    """Return a currency in lower case; raises ApiError (400) if the sandbox has no rate for it."""
    code = currency.lower()
    if code not in _CENTS:
        raise invalid(f"Invalid currency: {currency}. The sandbox knows {', '.join(sorted(_CENTS))}.", param)
    return code


def converted(amount: int, held_in: str, wanted: str) -> int:
    """
    Convert an amount in minor units of one currency to minor units of another, rounded half to even.

    A currency without a rate counts like US dollars.
    """
    one = Fraction(1)
    return amount if held_in == wanted else round(amount * _CENTS.get(held_in, one) / _CENTS.get(wanted, one))
