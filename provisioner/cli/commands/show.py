"""`show`: show a saved plan without contacting Stripe."""

from pathlib import Path

import click

from provisioner.cli.options.shared import NO_COLOR
from provisioner.cli.saved_plan import read
from provisioner.cli.terminal.exit import CHANGES, DONE, exits
from provisioner.cli.terminal.render import format_option, ignore_option, present


@click.command()
@click.argument("planfile", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@format_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if the plan has changes.")
@ignore_option
@NO_COLOR
@exits
def command(
    planfile: Path, *, format_: str, detailed_exitcode: bool, exitcode_ignore: str | None, color: bool | None
) -> int:
    """Show the plan saved in PLANFILE without contacting Stripe."""
    document = read(planfile)
    present(document, format_, color=color)
    return CHANGES if detailed_exitcode and not document.is_empty(exitcode_ignore) else DONE
