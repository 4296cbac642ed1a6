"""Prints reports on stdout: text that fits the terminal, in color, and plans in each format."""

import importlib
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click
from msgspec import Struct

from provisioner.cli.git import commit_of
from provisioner.cli.terminal.color import paint, wants_color
from provisioner.cli.terminal.detail import detail_options
from provisioner.cli.terminal.exit import CHANGES, DONE
from provisioner.cli.terminal.stdio import PLAIN, whole
from provisioner.core.model.json_text import json_text
from provisioner.core.plan.document import ShownPlan
from provisioner.views.plan.text import Detail, plan_text_parts
from provisioner.views.wrap import wrap_line

FORMATS = ("text", "json", "markdown", "html")
AT_ONCE = 100  # parts of a document that are written together
R = TypeVar("R")


class ShowPlan(Protocol):
    """Writes a plan document to stdout, in the format that the options select."""

    def __call__(
        self, document: ShownPlan, *, color: bool | None, head: str = "", path: Path | None = None
    ) -> None:
        """
        Write a plan. `head` is a line to print before its text; `path` is the configuration of a new
        plan.
        """


def format_options(command: Callable[..., R]) -> Callable[..., R]:
    """
    Add `--format`, `--full` and `--compact` to a command; it receives a function as `show` to print its
    document.
    """

    @wraps(command)
    def run(*words: Any, format_: str, detail: Detail | None, **given: Any) -> R:
        def show(
            document: ShownPlan, *, color: bool | None, head: str = "", path: Path | None = None
        ) -> None:
            if head and format_ == "text":
                click.echo(head)
            present(document, format_, color=color, detail=detail, path=path)

        return command(*words, show=show, **given)

    choice = click.Choice(FORMATS)
    add = click.option("--format", "format_", type=choice, default="text", help="Output format.")
    return add(detail_options(run))


def exitcode_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add `--detailed-exitcode` and `--exitcode-ignore`; the command receives a function as `code_of`."""

    @wraps(command)
    def run(*words: Any, detailed_exitcode: bool, exitcode_ignore: str | None, **given: Any) -> R:
        def code_of(document: ShownPlan) -> int:
            return CHANGES if detailed_exitcode and not document.is_empty(exitcode_ignore) else DONE

        return command(*words, code_of=code_of, **given)

    run = click.option(
        "--exitcode-ignore",
        type=click.Choice(["bookkeeping"]),
        help="With --detailed-exitcode: do not count changes of ownership metadata only.",
    )(run)
    return click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if there are changes.")(run)


def present(
    document: ShownPlan,
    format_: str,
    *,
    color: bool | None,
    detail: Detail | None = None,
    path: Path | None = None,
) -> None:
    """Write a plan document to stdout. `detail` is for text; `path` is for HTML, which shows its commit."""
    if format_ == "json":
        say_json(document)
    elif format_ == "text":
        for some in _together(plan_text_parts(document, width(), detail)):
            say_text(some, color=color)
    else:
        view = importlib.import_module(f"provisioner.views.plan.{format_}")
        if format_ == "markdown":
            say_page(view.plan_markdown(document))
        else:
            now = datetime.now(UTC).isoformat()
            say_page(view.plan_html(document, view.Provenance(now, commit_of(path)) if path else None))


def say_json(document: Struct) -> None:
    """Write a document to stdout as JSON, some parts at a time; a signal ends the process before or after."""
    with whole:
        for some in _together(json_text(document)):
            click.echo(some, nl=False)
        click.echo()


def _together(parts: Iterable[str]) -> Iterator[str]:
    """Yield some parts at a time as one, because writing each by itself takes as long as making it."""
    rest = iter(parts)
    while some := list(islice(rest, AT_ONCE)):
        yield "".join(some)


def say_text(text: str, *, color: bool | None, hanging: int = 0) -> None:
    """
    Write a report to stdout, wrapped to the terminal's width, and in color if wanted.

    Wrapped lines continue at column `hanging`, as in `wrap_line`.
    """
    colored = wants_color(color)
    click.echo(lay_out(text, width(), hanging, colored=colored), nl=False, color=colored)


def lay_out(text: str, columns: int | None, hanging: int = 0, *, colored: bool) -> str:
    """Return a report laid out for a terminal with so many columns; with None, lines are not wrapped."""
    lines = (wrap_line(line, columns, hanging) for line in text.split("\n"))
    return "\n".join("\n".join(paint(parts) if colored else parts) for parts in lines)


def width() -> int | None:
    """
    Return the number of columns of the terminal; None for a file or a pipe, where lines are not
    wrapped.
    """
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def say_page(text: str) -> None:
    """Write a page that must be UTF-8; if the stream has another encoding, write ASCII."""
    is_utf8 = sys.stdout.encoding.lower().replace("-", "") == "utf8"
    click.echo(text if is_utf8 else text.encode("ascii", PLAIN).decode(), nl=False)
