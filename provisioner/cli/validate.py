"""`validate`: the configuration alone; no network."""

import json
import os

import click

from provisioner.app.configuration import count_resources, load
from provisioner.cli.exits import DONE, exits
from provisioner.cli.options import Options, config_options
from provisioner.views.words import count


@click.command()
@config_options
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to say it."
)
@exits
def command(options: Options, *, format_: str) -> int:
    """Check the configuration at PATH; nothing is sent anywhere."""
    config = load(
        options.path,
        env=options.env,
        variables=options.variables,
        environ=os.environ,
        allowed=options.allowed,
    )
    counts = count_resources(config)
    if format_ == "json":
        resources = {kind.section: number for kind, number in counts}
        document = {"format_version": "1.0", "valid": True, "project": config.project, "resources": resources}
        click.echo(json.dumps(document))
    else:
        shown = ", ".join(count(number, kind.name) for kind, number in counts if number)
        click.echo(f"The configuration of {config.project} is valid: {shown}.")
    return DONE
