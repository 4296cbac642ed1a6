"""`export`: the YAML of what is live."""

import click

from provisioner.app.export import export
from provisioner.cli.options.shared import Options, key_options
from provisioner.cli.session import key_session
from provisioner.cli.terminal.exit import DONE, exits


@click.command()
@key_options
@click.option("--project", default="exported", help="The project's name in the YAML.")
@click.option("--mode", type=click.Choice(["test", "live"]), default="test", help="The mode of the key.")
@exits
def command(options: Options, *, project: str, mode: str) -> int:
    """
    Print YAML for every cardholder and card that is the project's or nobody's.

    It holds personal data, as the YAML of a project does. Then `import --all` adopts the objects.
    """
    with key_session(options, project, mode) as stripe:
        text = export(stripe)
    click.echo(text.encode(), nl=False)  # YAML is UTF-8, whatever the terminal is
    return DONE
