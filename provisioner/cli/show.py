"""`show`: a saved plan, without touching Stripe."""

import json
from pathlib import Path

import click

from provisioner.cli.exits import DONE, exits
from provisioner.cli.paint import paint, wants_colour
from provisioner.cli.saved import read
from provisioner.views.text import plan_text


@click.command()
@click.argument("planfile", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to show it."
)
@click.option("--no-color", "color", flag_value=False, default=None, help="No colour.")
@exits
def command(planfile: Path, format_: str, color: bool | None) -> int:
    """Show the plan saved in PLANFILE."""
    document = read(planfile)
    if format_ == "json":
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(paint(plan_text(document), colour=wants_colour(color)), nl=False)
    return DONE
