"""`simulate`: make a test purchase on an applied card, from the authorization to the balance."""

import json
from collections.abc import Mapping

import click

from provisioner.app.purchases import CHOICES, find_card, refuse_live
from provisioner.cli.options.complete import complete_card
from provisioner.cli.options.shared import (
    CONFIGURATION,
    Options,
    stripe_only_options,
    text_or_json,
)
from provisioner.cli.session import session
from provisioner.cli.terminal.exit import DONE, ERROR, exits
from provisioner.config.text.near import near, near_category
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ProvisionerError
from provisioner.core.model.money import parse_money, show_money
from provisioner.core.model.resource import Address
from provisioner.core.model.scenario import METHOD_OF, METHODS, Purchase, Verdict
from provisioner.core.purchases.generate import allowed_purchase, declared_facts
from provisioner.core.purchases.simulator import decide
from provisioner.engine.purchases.walkthrough import pending_top_ups, walk
from provisioner.kinds.categories import CATEGORIES
from provisioner.views.purchases.walkthrough import walk_document, walk_text

SECTION = "cards"
NO_MONEY = "insufficient_funds"  # Stripe's reason when it declines because of the balance


@click.group()
def command() -> None:
    """Make test purchases with Stripe's test helpers; live keys are refused."""


@command.command()
@stripe_only_options
@CONFIGURATION
@click.option(
    "--amount", required=True, help='Amount in minor units (1000) or with its currency ("10.00 USD").'
)
@click.option("--category", help="Merchant category (default: one that the card allows).")
@click.option("--country", help="Merchant country (default: US, or one that the card allows).")
@click.option(
    "--presence", type=click.Choice(list(METHOD_OF)), help="Whether the card is present at the merchant."
)
@click.option(
    "--method", type=click.Choice(METHODS), help="How the card is read; use it instead of --presence."
)
@click.option("--capture", is_flag=True, help="Also capture the amount.")
@text_or_json()
@click.argument("card", shell_complete=complete_card)
@exits
def purchase(
    options: Options,
    *,
    card: str,
    amount: str,
    capture: bool,
    format_: str,
    **merchant: str | None,
) -> int:
    """
    Make a test purchase on CARD (its name under `cards`), and show how Stripe decides.

    The card must have been applied. As in a real purchase, the amount is held until it is captured or
    expires. With --capture, exits 1 if the purchase is declined.
    """
    with session(options) as stripe:
        config = stripe.config
        if not options.sandbox:
            refuse_live(config)
        address = _address(config, card)
        asked = _purchase(config, address, amount, merchant)
        live, currency = find_card(stripe, address), str(config.declared[address].fields["currency"])
        walked = walk(stripe.writer, live.id, currency, asked, captured=capture)
        is_short = walked.verdict.reason == NO_MONEY
        pending = pending_top_ups(stripe.writer, currency) if is_short else 0
    told = decide(walked.purchase, declared_facts(address, config.declared, walked.balances[0]))
    explained = isinstance(told, Verdict) and told.reason == walked.verdict.reason
    why = told.why if explained else ""
    if pending:
        why = "; ".join(filter(None, (why, f"top-ups of {show_money(pending, currency)} are still pending")))
    document = walk_document(str(address), walked, why)
    if format_ == "json":
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(walk_text(document), nl=False)
    return ERROR if capture and not walked.verdict.approved else DONE


def _address(config: Config, card: str) -> Address:
    """Return the address of a card, given by its name or its address; raises ProvisionerError."""
    address = Address(SECTION, card.removeprefix(f"{SECTION}."))
    if address not in config.declared:
        names = [known.name for known in config.declared if known.section == SECTION]
        raise ProvisionerError(f"there is no card {address.name!r}{near(address.name, names)}")
    return address


def _purchase(config: Config, card: Address, amount: str, merchant: Mapping[str, str | None]) -> Purchase:
    """Return the purchase, filled in with values that the card allows; raises ProvisionerError."""
    currency = str(config.declared[card].fields["currency"])
    if merchant["presence"] and merchant["method"]:
        raise ProvisionerError("--presence and --method cannot be used together")
    if merchant["category"] and merchant["category"] not in CATEGORIES:
        hint = near_category(merchant["category"], CATEGORIES)
        raise ProvisionerError(f"{merchant['category']!r} is not a merchant category of Stripe's{hint}")
    usual = allowed_purchase(declared_facts(card, config.declared), CHOICES) or Purchase(0, CATEGORIES[0])
    method = merchant["method"] or METHOD_OF.get(merchant["presence"] or "", usual.method)
    return Purchase(
        _minor_units(amount, currency),
        merchant["category"] or usual.category,
        (merchant["country"] or usual.country).upper(),
        method,
    )


def _minor_units(amount: str, currency: str) -> int:
    """Read `1000` or `10.00 USD`; raises ProvisionerError for other text or another currency."""
    if amount.isascii() and amount.isdigit():
        return int(amount)
    try:
        money = parse_money(amount)
    except ValueError as error:
        raise ProvisionerError(f"--amount: {error}") from None
    if money.currency != currency:
        raise ProvisionerError(f"--amount: the card is in {currency.upper()}, not {money.currency.upper()}")
    return money.amount
