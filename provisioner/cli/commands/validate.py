"""`validate`: check the configuration without using the network."""

import json

import click
from msgspec.structs import asdict, replace

from provisioner.app.configuration import (
    check_configuration,
    count_resources,
    ended_grants,
)
from provisioner.cli.options.code_hosts import annotate, annotate_option, sarif_text
from provisioner.cli.options.shared import Options, config_options, parsed, read, warned
from provisioner.cli.terminal.exit import DONE, exits
from provisioner.config.build.entry import moment
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ConfigError
from provisioner.views.problem_document import problem_document


@click.command()
@config_options
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    help="Output format; sarif lists the problems with their places.",
)
@click.option("--strict", is_flag=True, help="Treat warnings, such as a grant that has ended, as errors.")
@click.option(
    "--at",
    metavar="TIME",
    callback=parsed(lambda text: text if text is None else moment(text)),
    help="Check grants at this date or time (2026-12-01, 2026-12-01T18:00:00Z) instead of now.",
)
@annotate_option
@exits
def command(options: Options, *, format_: str, strict: bool, at: int | None, annotated: bool) -> int:
    """Check the configuration at PATH without using the network."""

    def load() -> Config:
        config = read(options)
        config = replace(config, warnings=(*config.warnings, *ended_grants(config, at)))
        if strict and config.warnings:
            raise ConfigError(config.warnings)
        return warned(config)

    config, part = check_configuration(load)
    if annotated:
        annotate([part], options)
    if format_ == "sarif":
        click.echo(sarif_text([part], options), nl=False)
    if config is None:
        raise ConfigError(part.problems)
    if format_ == "json":
        resources = {kind.section: number for kind, number in count_resources(config)}
        document = {"format_version": "1.0", "valid": True, "project": config.project, "resources": resources}
        warnings = [asdict(problem_document(warning)) for warning in config.warnings]
        click.echo(json.dumps({**document, "warnings": warnings}))
    elif format_ == "text":
        click.echo(f"The configuration of {config.project} is valid: {part.text}.")
    return DONE
