"""Adds several options to a command at once."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

from msgspec import Struct

R = TypeVar("R")


def with_options(command: Callable[..., R], options: Iterable[Callable[..., Any]]) -> Callable[..., R]:
    """Add options to a command; its help lists the last one first."""
    for option in options:
        command = option(command)
    return command


def one_struct(
    name: str, kind: type[Struct], options: Iterable[Callable[..., Any]]
) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Return a decorator that adds options to a command, and passes them as one struct called `name`."""

    def add(command: Callable[..., R]) -> Callable[..., R]:
        @wraps(command)
        def run(*words: Any, **given: Any) -> R:
            value = kind(**{each: given.pop(each) for each in kind.__struct_fields__})
            return command(*words, **{name: value}, **given)

        return with_options(run, options)

    return add
