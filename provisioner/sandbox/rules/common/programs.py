"""Stripe's issuing programs, by the country of the account."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from provisioner.sandbox.registry import resource_of
from provisioner.sandbox.rules.common.countries import EURO
from provisioner.sandbox.state.objects import Tx

Json = dict[str, Any]

# docs.stripe.com/issuing/controls/spending-controls: 500 per day, in the card's currency.
DEFAULT_LIMIT: Mapping[str, Any] = {"amount": 50_000, "categories": [], "interval": "daily"}


class Program(NamedTuple):
    """The issuing program of a country."""

    currency: str
    """The currency of accounts and their Issuing balance."""
    transfer: str = ""
    """The bank transfer that funds the balance (docs.stripe.com/issuing/funding/balance), if any."""
    card_needs_phone: bool = True
    """True if a card needs its cardholder's phone number for 3D Secure (docs.stripe.com/error-codes)."""
    holder_accepts_terms: bool = False
    """True if individuals must accept the bank's terms (docs.stripe.com/issuing/other/choose-cardholder)."""


# docs.stripe.com/issuing/global
PROGRAMS: Mapping[str, Program] = {
    "US": Program("usd", card_needs_phone=False, holder_accepts_terms=True),
    "GB": Program("gbp", "gb_bank_transfer"),
    **dict.fromkeys(sorted(EURO), Program("eur", "eu_bank_transfer")),
}


def account_of(tx: Tx) -> Json:
    """Return the account that a transaction acts on."""
    return tx.at_home().fetch(resource_of("account"), tx.account)


def country_of(tx: Tx) -> str:
    """Return the country of the account that a transaction acts on."""
    if "country" not in tx.cache:
        tx.cache["country"] = account_of(tx)["country"]
    return str(tx.cache["country"])


def program_of(tx: Tx) -> Program:
    """Return the issuing program of the account that a transaction acts on."""
    return PROGRAMS[country_of(tx)]


def issues(account: Json) -> bool:
    """Return True if an account has Issuing."""
    return "card_issuing" in account["capabilities"]
