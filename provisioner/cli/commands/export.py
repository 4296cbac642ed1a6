"""`export`: print YAML for the objects in Stripe."""

import click

from provisioner.app.export import export
from provisioner.cli.options.shared import Options, key_options
from provisioner.cli.session import key_session
from provisioner.cli.terminal.exit import DONE, exits


@click.command()
@key_options
@click.option("--project", default="exported", help="Name of the project in the YAML.")
@click.option("--mode", type=click.Choice(["test", "live"]), default="test", help="Mode of the API key.")
@exits
def command(options: Options, *, project: str, mode: str) -> int:
    """
    Print YAML for the cardholders and cards in Stripe that belong to the project or are not managed.

    The YAML contains personal data, as every configuration does. Run `import --all` with it to bring the
    objects under management.
    """
    with key_session(options, project, mode) as stripe:
        text = export(stripe)
    click.echo(text.encode(), nl=False)  # YAML is UTF-8, whatever the encoding of the terminal
    return DONE
