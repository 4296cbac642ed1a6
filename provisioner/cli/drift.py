"""`drift`: live against what was last applied."""

import json
from typing import Any

import click

from provisioner.cli.exits import CHANGES, DONE, exits
from provisioner.cli.options import Options, stripe_options
from provisioner.cli.paint import paint, wants_colour
from provisioner.cli.session import Session, session
from provisioner.core.drift import find_drift
from provisioner.core.estate import survey
from provisioner.core.find import find_changes
from provisioner.core.ownership import PROJECT
from provisioner.engine.explain import explain
from provisioner.kinds import KINDS
from provisioner.stripe_api import StripeReader
from provisioner.views.drift import drift_document, drift_markdown, drift_text

FORMATS = ("text", "json", "markdown")


@click.command()
@stripe_options
@click.option(
    "--explain", "explained", is_flag=True, help="Say when and by which request, from Stripe's events."
)
@click.option("--unmanaged", is_flag=True, help="List the objects that are not managed here.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", help="How to show it.")
@exits
def command(options: Options, *, explained: bool, unmanaged: bool, format_: str) -> int:
    """Report what moved in Stripe since the last apply of PATH; exit 2 when anything did."""
    with session(options) as stripe:
        document = find(stripe, explained=explained, unmanaged=unmanaged)
    if format_ == "json":
        click.echo(json.dumps(document, indent=2))
    elif format_ == "markdown":
        click.echo(drift_markdown(document), nl=False)
    else:
        click.echo(paint(drift_text(document), colour=wants_colour(options.color)), nl=False)
    return CHANGES if document["summary"]["drift"] else DONE


def find(stripe: Session, *, explained: bool, unmanaged: bool) -> dict[str, Any]:
    """Read Stripe and tell drift from what is pending."""
    config, world = stripe.config, stripe.observe()
    surveyed = survey(KINDS, config, world)
    found = find_changes(KINDS, config, world, surveyed)
    drifts = find_drift(KINDS, config, surveyed, found.changes, found.notes)
    traces = explain(StripeReader(stripe.transport), KINDS, drifts) if explained else {}
    others = {
        kind.name: [
            str(raw["id"])
            for raw in world.objects.get(kind.resource, ())
            if (raw.get("metadata") or {}).get(PROJECT) != config.project
        ]
        for kind in KINDS
        if kind.owns_objects
    }
    return drift_document(config.project, drifts, traces, others, listed=unmanaged)
