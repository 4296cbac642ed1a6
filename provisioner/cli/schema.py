"""`schema`: the JSON Schema of the configuration, for editors."""

import json

import click

from provisioner.config.schema import json_schema
from provisioner.kinds import KINDS


@click.command()
def command() -> None:
    """Print the JSON Schema of the configuration."""
    click.echo(json.dumps(json_schema(KINDS), indent=2, ensure_ascii=False))
