"""`validate`: the configuration alone; no network."""

import json
import os

import click

from provisioner.cli.exits import DONE, exits
from provisioner.cli.options import Options, config_options
from provisioner.config import load_config
from provisioner.kinds import KINDS
from provisioner.views.words import count


@click.command()
@config_options
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to say it."
)
@exits
def command(options: Options, *, format_: str) -> int:
    """Check the configuration at PATH; nothing is sent anywhere."""
    config = load_config(
        options.path,
        KINDS,
        env=options.env,
        variables=options.variables,
        environ=os.environ,
        allowed=options.allowed,
    )
    counts = {kind.section: sum(a.section == kind.section for a in config.declared) for kind in KINDS}
    if format_ == "json":
        click.echo(
            json.dumps(
                {"format_version": "1.0", "valid": True, "project": config.project, "resources": counts}
            )
        )
    else:
        shown = ", ".join(count(counts[kind.section], kind.name) for kind in KINDS if counts[kind.section])
        click.echo(f"The configuration of {config.project} is valid: {shown}.")
    return DONE
