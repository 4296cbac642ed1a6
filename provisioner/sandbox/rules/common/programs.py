"""What Stripe's issuing programs have in common, and what differs by the country of the account."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from provisioner.sandbox.registry import resource_of
from provisioner.sandbox.rules.common.countries import EURO
from provisioner.sandbox.state.objects import Tx

Json = dict[str, Any]

# docs.stripe.com/issuing/controls/spending-controls: 500 a day, in the card's own currency.
DEFAULT_LIMIT: Mapping[str, Any] = {"amount": 50_000, "categories": [], "interval": "daily"}


class Program(NamedTuple):
    """
    How accounts of a country issue.

    currency: what accounts and their Issuing balance are in.
    transfer: the bank transfer that fills the balance; empty where top-ups pull
        (docs.stripe.com/issuing/funding/balance).
    card_needs_phone: whether a card needs its holder's phone, as it uses 3D Secure
        (docs.stripe.com/error-codes, cardholder_phone_number_required).
    holder_accepts_terms: whether individuals must accept the bank's terms
        (docs.stripe.com/issuing/other/choose-cardholder).
    """

    currency: str
    transfer: str = ""
    card_needs_phone: bool = True
    holder_accepts_terms: bool = False


# docs.stripe.com/issuing/global
PROGRAMS: Mapping[str, Program] = {
    "US": Program("usd", card_needs_phone=False, holder_accepts_terms=True),
    "GB": Program("gbp", "gb_bank_transfer"),
    **dict.fromkeys(sorted(EURO), Program("eur", "eu_bank_transfer")),
}


def account_of(tx: Tx) -> Json:
    """The account that a transaction acts on."""
    return tx.at_home().fetch(resource_of("account"), tx.account)


def country_of(tx: Tx) -> str:
    """The country of the account that a transaction acts on."""
    if "country" not in tx.cache:
        tx.cache["country"] = account_of(tx)["country"]
    return str(tx.cache["country"])


def program_of(tx: Tx) -> Program:
    """How the account that a transaction acts on issues."""
    return PROGRAMS[country_of(tx)]


def issues(account: Json) -> bool:
    """Whether an account has Issuing."""
    return "card_issuing" in account["capabilities"]
