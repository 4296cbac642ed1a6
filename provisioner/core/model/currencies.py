"""Currencies and countries: a row for each, with all that differs by it."""

from typing import NamedTuple


class Currency(NamedTuple):
    """A currency, by its code of three lower-case letters."""

    code: str
    """The code."""
    exponent: int = 2
    """How many digits of an amount are behind the decimal point (docs.stripe.com/currencies)."""
    sign: str = ""
    """The sign that people write; empty where it is the code."""
    home: str = "US"
    """A country whose accounts issue cards in it; where there is none, that of an account for anything."""

    @property
    def unit(self) -> int:
        """How many minor units make one unit."""
        return int(10**self.exponent)


class Country(NamedTuple):
    """What differs between accounts by their country."""

    currency: str
    """The currency in which it issues cards, and holds money for them (docs.stripe.com/issuing/global)."""
    can_pull: bool = False
    """Whether Stripe pulls money from a bank account (docs.stripe.com/issuing/funding/balance)."""
    asks_acceptance: bool = False
    """Whether a person must accept the bank's terms (docs.stripe.com/issuing/other/choose-cardholder)."""
    asks_phone: bool = True
    """Whether a cardholder needs a phone number (docs.stripe.com/error-codes, of the EU; of others [?])."""


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
_OTHERS = Country("eur")  # the other countries that Stripe issues cards in are those of the euro


def currency_of(code: str) -> Currency:
    """The row of a currency."""
    return _CURRENCIES.get(code) or Currency(code)


def country_of(code: str) -> Country:
    """The row of a country, by its two upper-case letters."""
    return _COUNTRIES.get(code, _OTHERS)
