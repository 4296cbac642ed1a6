"""The options for the amount of detail in the text of a plan."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

R = TypeVar("R")


def detail_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add `--full` and `--compact` to a command with `--format`, and pass them as `detail`."""

    @wraps(command)
    def run(*words: Any, **given: Any) -> R:
        if given["detail"] and given["format_"] != "text":
            raise click.UsageError(
                f"--{given['detail']} is for --format text; json and html always show every change"
            )
        return command(*words, **given)

    full = click.option(
        "--full", "detail", flag_value="full", help="Show every address and every value; fold nothing."
    )
    return full(
        click.option("--compact", "detail", flag_value="compact", help="Show each change on one line.")(run)
    )
