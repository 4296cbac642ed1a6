"""`schema`: the JSON Schema of the configuration, for editors."""

from pathlib import Path

import click

from provisioner.app.configuration import editor_schema
from provisioner.cli.terminal.exit import DONE, ERROR, exits
from provisioner.engine.private_file import check_replaceable, write_public


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it here; 1 if it was not."
)
@exits
def command(out: Path | None) -> int:
    """
    Print the JSON Schema of the configuration, for editors.

    With --out, a file that is not as it should be is written anew, and the exit code is 1: so a hook keeps
    a copy of it current.
    """
    text = editor_schema()
    if out is None:
        click.echo(text, nl=False)
        return DONE
    check_replaceable(out)
    if out.exists() and out.read_text(encoding="utf-8") == text:
        return DONE
    write_public(out, text)
    click.echo(f"wrote {out}", err=True)
    return ERROR
