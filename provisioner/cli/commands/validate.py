"""`validate`: check the configuration without using the network."""

import json

import click

from provisioner.app.configuration import count_resources
from provisioner.cli.options.shared import Options, config_options, load, text_or_json
from provisioner.cli.terminal.exit import DONE, exits, problem_document
from provisioner.views.values import count


@click.command()
@config_options
@text_or_json()
@exits
def command(options: Options, *, format_: str) -> int:
    """Check the configuration at PATH without using the network."""
    config = load(options)
    counts = count_resources(config)
    if format_ == "json":
        resources = {kind.section: number for kind, number in counts}
        document = {"format_version": "1.0", "valid": True, "project": config.project, "resources": resources}
        warnings = [problem_document(warning) for warning in config.warnings]
        click.echo(json.dumps({**document, "warnings": warnings}))
    else:
        shown = ", ".join(count(number, kind.name) for kind, number in counts if number)
        click.echo(f"The configuration of {config.project} is valid: {shown}.")
    return DONE
