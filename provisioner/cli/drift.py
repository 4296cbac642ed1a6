"""`drift`: live against what was last applied."""

import json
from typing import Any

import click

from provisioner.app.account import Account
from provisioner.app.drift import Cache, DriftReport, explain_drift, find_account_drift
from provisioner.cli.cache_options import cache_options
from provisioner.cli.exits import CHANGES, DONE, exits
from provisioner.cli.notify import News, notified
from provisioner.cli.options import Options, stripe_options
from provisioner.cli.paint import paint, wants_colour
from provisioner.cli.present import say_page
from provisioner.cli.session import session
from provisioner.views.drift import drift_document, drift_markdown, drift_text
from provisioner.views.notice import tell_drift

FORMATS = ("text", "json", "markdown")


@click.command()
@stripe_options
@click.option(
    "--explain", "explained", is_flag=True, help="Say when and by which request, from Stripe's events."
)
@click.option("--unmanaged", is_flag=True, help="List the objects that are not managed here.")
@cache_options
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", help="How to show it.")
@notified("drift")
@exits
def command(
    options: Options,
    *,
    explained: bool,
    unmanaged: bool,
    cache: Cache | None,
    format_: str,
    news: News,
) -> int:
    """
    Report what moved in Stripe since the last apply of PATH; exit 2 when anything did.

    What only the YAML has moved is pending, and no drift.
    """
    with session(options, news.of) as stripe:
        seen = find_account_drift(stripe, cache)
        document = told(stripe, seen, explained=explained, unmanaged=unmanaged)
    if document["summary"]["drift"]:
        news.has(document, tell_drift(document), seen.account)
    if format_ == "json":
        click.echo(json.dumps(document, indent=2))
    elif format_ == "markdown":
        say_page(drift_markdown(document))
    else:
        click.echo(paint(drift_text(document), colour=wants_colour(options.color)), nl=False)
    return CHANGES if document["summary"]["drift"] else DONE


def told(stripe: Account, seen: DriftReport, *, explained: bool, unmanaged: bool) -> dict[str, Any]:
    """The document of what was seen; where it is to be `explained`, Stripe's events are read."""
    traces = explain_drift(stripe, seen) if explained else {}
    return drift_document(stripe.config.project, seen.drifts, traces, seen.others, listed=unmanaged)
