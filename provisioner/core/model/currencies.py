"""Currencies and countries: one row for each, with all facts that depend on it."""

from typing import NamedTuple


class Currency(NamedTuple):
    """A currency, by its code of three lower-case letters."""

    code: str
    """The code."""
    exponent: int = 2
    """The number of digits after the decimal point of an amount (docs.stripe.com/currencies)."""
    sign: str = ""
    """The usual sign; empty if people write the code instead."""
    home: str = "US"
    """A country whose accounts issue cards in it; if there is none, the country of a default account."""

    @property
    def unit(self) -> int:
        """Return the number of minor units in one unit."""
        return int(10**self.exponent)


class Country(NamedTuple):
    """The facts about an account that depend on its country."""

    currency: str
    """The currency in which it issues cards, and holds money for them (docs.stripe.com/issuing/global)."""
    can_pull: bool = False
    """True if Stripe pulls money from a bank account (docs.stripe.com/issuing/funding/balance)."""
    asks_acceptance: bool = False
    """True if a person must accept the bank's terms (docs.stripe.com/issuing/other/choose-cardholder)."""
    asks_phone: bool = True
    """True if a cardholder needs a phone number (docs.stripe.com/error-codes, for the EU; for others [?])."""


_WHOLE = "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split()
_THOUSANDTHS = "bhd jod kwd omr tnd".split()
_CURRENCIES = {
    each.code: each
    for each in (
        Currency("usd", sign="$", home="US"),
        Currency("eur", sign="€", home="DE"),
        Currency("gbp", sign="£", home="GB"),
        *(Currency(code, exponent=0) for code in _WHOLE),
        *(Currency(code, exponent=3) for code in _THOUSANDTHS),
    )
}
_COUNTRIES = {
    "US": Country("usd", can_pull=True, asks_acceptance=True, asks_phone=False),
    "GB": Country("gbp"),
}
_OTHERS = Country("eur")  # all other countries in which Stripe issues cards use the euro


def currency_of(code: str) -> Currency:
    """Return the row of a currency."""
    return _CURRENCIES.get(code) or Currency(code)


def country_of(code: str) -> Country:
    """Return the row of a country, by its two upper-case letters."""
    return _COUNTRIES.get(code, _OTHERS)
