"""Every way out of a command: an exit code, a message that helps, never a traceback."""

import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click

from provisioner.core.problem import ConfigError, ProvisionerError
from provisioner.views.document import FORMAT_VERSION

P = ParamSpec("P")

DONE, ERROR, CHANGES, GUARDRAIL, PARTLY, INTERRUPTED = 0, 1, 2, 3, 5, 130


def exits(command: Callable[P, int]) -> Callable[P, None]:
    """
    Turn what a command returns or raises into its exit code.

    With `--format json`, an error is a JSON document on stdout as well as a message on stderr.
    """

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
            sys.stdout.flush()
        except ProvisionerError as error:
            if "json" in (kwargs.get("format_"), getattr(kwargs.get("manner"), "format_", None)):
                click.echo(json.dumps(_document(error), indent=2))
            click.echo(_message(error), err=True)
            code = error.exit_code
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            code = INTERRUPTED
        except BrokenPipeError:
            # whoever read our output has gone; nothing more can be said, and Python must not try at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = ERROR
        sys.exit(code)

    return run


def _message(error: ProvisionerError) -> str:
    if isinstance(error, ConfigError):
        count = len(error.problems)
        return f"{error}\n\n{count} {'problem' if count == 1 else 'problems'}; nothing was sent to Stripe."
    return f"Error: {error}"


def _document(error: ProvisionerError) -> dict[str, object]:
    document: dict[str, object] = {"format_version": FORMAT_VERSION, "error": str(error)}
    if isinstance(error, ConfigError):
        document["problems"] = [
            {
                "file": problem.where.file if problem.where else None,
                "line": problem.where.line if problem.where else None,
                "column": problem.where.column if problem.where else None,
                "address": problem.address,
                "text": problem.text,
            }
            for problem in error.problems
        ]
    return document
