"""`simulate`: one test purchase on an applied card, from the authorization to the money that is gone."""

import json
from collections.abc import Mapping

import click

from provisioner.app.purchases import CHOICES, find_card, refuse_live
from provisioner.cli.options.shared import CONFIGURATION, Options, stripe_only_options, text_or_json
from provisioner.cli.session import session
from provisioner.cli.terminal.exit import DONE, ERROR, exits
from provisioner.config.text.near import near
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ProvisionerError
from provisioner.core.model.money import parse_money
from provisioner.core.model.resource import Address
from provisioner.core.model.scenario import METHOD_OF, METHODS, Purchase, Verdict
from provisioner.core.purchases.generate import allowed_purchase, declared_facts
from provisioner.core.purchases.simulator import decide
from provisioner.engine.purchases.walkthrough import walk
from provisioner.kinds.categories import CATEGORIES
from provisioner.views.purchases.walkthrough import walk_document, walk_text

SECTION = "cards"


@click.group()
def command() -> None:
    """Test purchases with Stripe's test helpers; never with a live key."""


@command.command()
@stripe_only_options
@CONFIGURATION
@click.option("--amount", required=True, help='Minor units (1000), or with currency: "10.00 USD".')
@click.option("--category", help="Merchant category (default: one that the card allows).")
@click.option("--country", help="Merchant country (default: US, or one that the card allows).")
@click.option("--presence", type=click.Choice(list(METHOD_OF)), help="Whether the card is there.")
@click.option("--method", type=click.Choice(METHODS), help="How the card is read, instead of --presence.")
@click.option("--capture", is_flag=True, help="Take the money, too.")
@text_or_json("How to show it.")
@click.argument("card")
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
    Buy something on CARD (its name under `cards`), as it is applied, and show what Stripe does.

    What the purchase holds stays held until it is captured or lapses, as with a real one. Exit 1 when it
    should be captured and is declined.
    """
    with session(options) as stripe:
        config = stripe.config
        if not options.sandbox:
            refuse_live(config)
        address = _address(config, card)
        asked = _purchase(config, address, amount, merchant)
        live, currency = find_card(stripe, address), str(config.declared[address].fields["currency"])
        walked = walk(stripe.writer, live.id, currency, asked, captured=capture)
    told = decide(walked.purchase, declared_facts(address, config.declared, walked.balances[0]))
    explained = isinstance(told, Verdict) and told.reason == walked.verdict.reason
    document = walk_document(str(address), walked, told.why if explained else "")
    if format_ == "json":
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(walk_text(document), nl=False)
    return ERROR if capture and not walked.verdict.approved else DONE


def _address(config: Config, card: str) -> Address:
    """The address of a card, given by its name or whole; raises ProvisionerError."""
    address = Address(SECTION, card.removeprefix(f"{SECTION}."))
    if address not in config.declared:
        names = [known.name for known in config.declared if known.section == SECTION]
        raise ProvisionerError(f"nothing under 'cards' is called {address.name!r}{near(address.name, names)}")
    return address


def _purchase(config: Config, card: Address, amount: str, merchant: Mapping[str, str | None]) -> Purchase:
    """What was asked for; what was not said is as the card allows. Raises ProvisionerError."""
    currency = str(config.declared[card].fields["currency"])
    if merchant["presence"] and merchant["method"]:
        raise ProvisionerError("--presence follows from --method; give one of the two")
    if merchant["category"] and merchant["category"] not in CATEGORIES:
        hint = near(merchant["category"], CATEGORIES)
        raise ProvisionerError(f"{merchant['category']!r} is not one of Stripe's {len(CATEGORIES)}{hint}")
    usual = allowed_purchase(declared_facts(card, config.declared), CHOICES) or Purchase(0, CATEGORIES[0])
    method = merchant["method"] or METHOD_OF.get(merchant["presence"] or "", usual.method)
    return Purchase(
        _minor_units(amount, currency),
        merchant["category"] or usual.category,
        (merchant["country"] or usual.country).upper(),
        method,
    )


def _minor_units(amount: str, currency: str) -> int:
    """Read `1000` or `10.00 USD`; raises ProvisionerError for anything else and other currencies."""
    if amount.isascii() and amount.isdigit():
        return int(amount)
    try:
        money = parse_money(amount)
    except ValueError as error:
        raise ProvisionerError(f"--amount: {error}") from None
    if money.currency != currency:
        raise ProvisionerError(f"--amount: the card is in {currency.upper()}, not {money.currency.upper()}")
    return money.amount
