"""Ends commands with an exit code and a helpful message, never with a traceback."""

import json
import logging
import re
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click
from msgspec.structs import asdict

from provisioner.cli.terminal.log import tell
from provisioner.cli.terminal.signals import end, on_signal
from provisioner.cli.terminal.spans import traced
from provisioner.cli.terminal.stdio import lasting
from provisioner.core.model.errors import ConfigError, ExitCode, ProvisionerError
from provisioner.core.model.json_document import FORMAT_VERSION
from provisioner.core.model.words import count
from provisioner.views.problem_document import problem_document

P = ParamSpec("P")

DONE, ERROR, CHANGES, PARTLY = ExitCode.DONE, ExitCode.ERROR, ExitCode.CHANGES, ExitCode.PARTLY
INTERRUPTED = ExitCode.INTERRUPTED
WRITES = frozenset(("manner", "auto_approve"))  # parameters that only commands that write to Stripe have


def exits(command: Callable[P, int]) -> Callable[P, None]:
    """
    Turn the result or exception of a command into its exit code.

    With `--format json`, an error is printed as a JSON document on stdout and as a message on stderr. Ctrl-C
    and SIGTERM end the process unless it is writing to Stripe (see `signals`).
    """

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        context = click.get_current_context()
        as_json = context.params.get("format_") == "json"
        with lasting() as output, traced(context.command_path) as ended:

            def interrupted() -> None:
                if as_json and output.untouched:
                    say_document({"error": "interrupted", "interrupted": True})
                begun = "\n" if sys.stderr.isatty() else ""  # The terminal has already shown ^C on this line.
                click.echo(f"{begun}Interrupted; nothing was changed.", err=True)

            try:
                with on_signal(lambda: end(interrupted)):
                    code = command(*args, **kwargs)
            except (SystemExit, click.exceptions.Exit):
                raise
            except BaseException as error:  # noqa: BLE001 - every error becomes a message, never a traceback
                document = _document(error)
                if as_json and output.untouched:
                    say_document(document)
                if news := kwargs.get("news"):
                    news.error = document  # type: ignore[attr-defined]  # of a command that is `notified`
                tell(_message(error, writes=not WRITES.isdisjoint(kwargs)), level=logging.ERROR)
                code = _code(error)
            sys.stdout.flush()
            if output.lost:
                click.echo(f"Error: cannot write to standard output ({output.lost})", err=True)
            ended(code := code or (ERROR if output.lost else DONE))
        raise SystemExit(code)

    return run


def failure(error: BaseException, *, as_json: bool) -> int:
    """Print an error that happened outside of a command, and return the exit code."""
    if as_json:
        say_document(_document(error))
    tell(_message(error), level=logging.ERROR)
    return _code(error)


def say_document(document: dict[str, object]) -> None:
    """Write one JSON document to stdout."""
    click.echo(json.dumps({"format_version": FORMAT_VERSION, **document}, indent=2))


def _code(error: BaseException) -> int:
    if isinstance(error, ProvisionerError):
        return error.exit_code
    return INTERRUPTED if _is_interrupt(error) else ERROR


def _message(error: BaseException, *, writes: bool = False) -> str:
    """
    Return the message for stderr; a problem's line begins with its place, where editors look for it.

    If the command `writes`, the message also says that an invalid configuration changed nothing.
    """
    if isinstance(error, ConfigError):
        problems = count(len(error.problems), "problem")
        lines = "\n".join(f"{each}\n{each.excerpt}".rstrip("\n") for each in error.problems)
        return f"{lines}\n\nError: {problems}{'; nothing was changed' if writes else ''}."
    return f"Error: {_said(error)}"


def _is_interrupt(error: BaseException) -> bool:
    """Return whether an error is a Ctrl-C, as Python or click raises it."""
    asked = isinstance(error, click.Abort) and isinstance(error.__context__, KeyboardInterrupt)
    return asked or isinstance(error, KeyboardInterrupt)


def _said(error: BaseException) -> str:
    """
    Describe an error in one line.

    For an unexpected error, only the type and the place are given: its text may contain secrets.
    """
    if isinstance(error, ProvisionerError):
        return str(error)
    if isinstance(error, click.ClickException):
        return re.sub(r"\s*\n\s*", " ", error.format_message())  # click puts each choice on its own line
    if _is_interrupt(error):
        return "interrupted"
    if isinstance(error, click.Abort):
        return "no answer; nothing was changed"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, OSError):
        return str(error)
    if isinstance(error, MemoryError):
        return "out of memory"
    ours = [f for f in traceback.extract_tb(error.__traceback__) if "provisioner" in Path(f.filename).parts]
    where = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return f"internal error: {type(error).__name__}{where}; please report it"


def _document(error: BaseException) -> dict[str, object]:
    document: dict[str, object] = {"error": _said(error)}
    if isinstance(error, ConfigError):
        document["problems"] = [asdict(problem_document(problem)) for problem in error.problems]
    return document
