"""Walk click's command tree."""

from collections.abc import Iterator
from functools import cache

import click

from provisioner.cli.main import main


def walk(command: click.Command = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Yield every command below `command` with its words, groups before their commands."""
    if path:
        yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from walk(found, (*path, name))


@cache
def leaves() -> tuple[tuple[str, click.Command], ...]:
    """Return the commands that are not groups."""
    return tuple((path, command) for path, command in walk() if not isinstance(command, click.Group))
