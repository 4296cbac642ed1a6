"""Prints a plan on stdout in one of the formats, and imports only the view that is needed."""

import importlib
import json
import shutil
import sys

import click

from provisioner.cli.terminal.color import paint, wants_colour
from provisioner.cli.terminal.stdio import PLAIN
from provisioner.core.plan.document import ShownPlan, as_json
from provisioner.views.plan.text import plan_text

FORMATS = ("text", "json", "markdown", "html")
format_option = click.option(
    "--format", "format_", type=click.Choice(FORMATS), default="text", help="Output format."
)
ignore_option = click.option(  # of commands that have `--detailed-exitcode`
    "--exitcode-ignore",
    type=click.Choice(["bookkeeping"]),
    help="With --detailed-exitcode: do not count changes of ownership metadata only.",
)


def present(document: ShownPlan, format_: str, *, color: bool | None) -> None:
    """Write a plan document to stdout."""
    if format_ == "json":
        click.echo(json.dumps(as_json(document), indent=2))
    elif format_ == "text":
        click.echo(paint(plan_text(document, width()), colour=wants_colour(color)), nl=False)
    else:
        view = importlib.import_module(f"provisioner.views.plan.{format_}")
        say_page(getattr(view, f"plan_{format_}")(document))


def width() -> int | None:
    """The columns of the terminal that stdout is; None for a file or a pipe, where lines stay whole."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def say_page(text: str) -> None:
    """Write a page that others read as UTF-8; a stream of another encoding gets ASCII."""
    is_utf8 = sys.stdout.encoding.lower().replace("-", "") == "utf8"
    click.echo(text if is_utf8 else text.encode("ascii", PLAIN).decode(), nl=False)
