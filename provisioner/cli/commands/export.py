"""`export`: print YAML for the objects in Stripe."""

from pathlib import Path

import click

from provisioner.app.export import export
from provisioner.cli.options.shared import Options, stripe_only_options
from provisioner.cli.session import key_session, session
from provisioner.cli.terminal.exit import DONE, exits


@click.command()
@stripe_only_options
@click.argument("configuration", type=click.Path(path_type=Path), required=False, metavar="[PATH]")
@click.option("--project", help="Name of the project in the YAML (default: exported).")
@click.option("--mode", type=click.Choice(["test", "live"]), help="Mode of the API key (default: test).")
@exits
def command(options: Options, *, configuration: Path | None, project: str | None, mode: str | None) -> int:
    """
    Print YAML for the cardholders and cards in Stripe that belong to the project or are not managed.

    The YAML contains personal data, as every configuration does. Run `import --all` with it to bring the
    objects under management. With PATH, project and mode are those of the configuration at PATH, and comments
    mark values that its grants set temporarily.
    """
    if configuration and (project or mode):
        raise click.UsageError("--project and --mode cannot be used with PATH; its configuration has both")
    with (
        session(options.at(configuration))
        if configuration
        else key_session(options, project or "exported", mode or "test")
    ) as stripe:
        text = export(stripe)
    click.echo(text.encode(), nl=False)  # YAML is UTF-8, whatever the encoding of the terminal
    return DONE
