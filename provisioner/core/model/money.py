"""Amounts in minor units of a currency, parsed and formatted as people write them."""

import re
from functools import lru_cache
from typing import NamedTuple

from provisioner.core.model.currencies import currency_of

PER = {  # the intervals of limits, in words
    "per_authorization": "per purchase",
    "daily": "per day",
    "weekly": "per week",
    "monthly": "per month",
    "yearly": "per year",
    "all_time": "lifetime",
}

AMOUNT_PATTERN = r"^(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?:\.[0-9]{1,3})? [A-Za-z]{3}$"
_AMOUNT = re.compile(AMOUNT_PATTERN)


class Money(NamedTuple):
    """An amount of money."""

    amount: int
    """The amount in minor units."""
    currency: str
    """Three lower-case letters."""

    def __str__(self) -> str:
        return show_money(self.amount, self.currency)


def exponent(currency: str) -> int:
    """Return the number of digits after the decimal point of an amount in `currency`."""
    return currency_of(currency).exponent


@lru_cache(maxsize=4096)
def parse_money(text: str) -> Money:
    """
    Parse an amount such as `"2,000.00 USD"`.

    Raises ValueError with the expected form if the text has another form, or more decimal places than the
    currency.
    """
    if not _AMOUNT.fullmatch(text):
        raise ValueError('expected an amount in minor units (2000000), or a string like "20,000.00 USD"')
    number, currency = text.split(" ")
    currency = currency.lower()
    whole, _, part = number.replace(",", "").partition(".")
    digits = exponent(currency)
    if len(part) > digits:
        raise ValueError(f"{currency.upper()} has {digits} decimal places, but {text!r} has {len(part)}")
    return Money(int(whole + part.ljust(digits, "0")), currency)


def show_money(amount: int, currency: str) -> str:
    """Return an amount as people read it: `$2,000.00`, `-£5.00`, `CHF 12.50`."""
    mark = currency_of(currency).sign or f"{currency.upper()} "
    return f"{'-' if amount < 0 else ''}{mark}{show_number(abs(amount), currency)}"


def show_number(amount: int, currency: str) -> str:
    """Return an amount that is not negative, without its currency: `2,000.00`."""
    digits = exponent(currency)
    whole, part = divmod(amount, 10**digits)
    return f"{whole:,}.{part:0{digits}d}" if digits else f"{whole:,}"
