"""`schema`: print the JSON Schema of the configuration, for editors."""

from pathlib import Path

import click

from provisioner.app.configuration import editor_schema
from provisioner.cli.terminal.exit import DONE, ERROR, exits
from provisioner.engine.private_file import check_replaceable, write_public


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the schema to this file; exit 1 if that changed it.",
)
@click.option("--environment", is_flag=True, help="Print the schema of files in environments/ instead.")
@exits
def command(out: Path | None, *, environment: bool) -> int:
    """
    Print the JSON Schema of the configuration, for editors.

    With --out, an outdated or missing file is rewritten and the exit code is 1, so that a pre-commit hook
    can keep a copy up to date.
    """
    text = editor_schema(environment=environment)
    if out is None:
        click.echo(text, nl=False)
        return DONE
    check_replaceable(out)
    if out.exists() and out.read_text(encoding="utf-8") == text:
        return DONE
    write_public(out, text)
    click.echo(f"wrote {out}", err=True)
    return ERROR
