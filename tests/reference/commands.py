"""Write the page of commands and their options, from click's command tree."""

import inspect
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click

from provisioner.cli.main import COMMANDS, main

from . import markdown
from .exit_codes import codes_of, said
from .json_documents import OF_COMMANDS
from .markdown import anchor, code, prose, table
from .tree import leaves, walk

SHARED_BY = 3  # commands; an option that so many have alike is described once
HEAD = ("option", "default", "environment", "meaning")
Row = tuple[str, str, str, str]


def page() -> str:
    """Return the page: an introduction, the shared options, and every command."""
    names = [f"[`{name}`](#{anchor(f'provisioner {name}')})" for name in COMMANDS]
    parts = [
        prose((main.help or "").partition("Exit codes:")[0]),
        prose(
            "`provisioner` and `python -m provisioner` are the same command. Results go to stdout, "
            "everything else to stderr. Every command has `-h` and `--help`. Separate pages describe the "
            "[exit codes](exit-codes.md), the [JSON output](json.md), and the [environment "
            "variables](environment.md)."
        ),
        prose(f"Commands: {', '.join(names)}."),
        "## Shared options",
        prose("These options have the same meaning in every command that lists them."),
        table(HEAD, sorted(_shared(fleet=False))),
        prose("These options are shared by the commands of `fleet`:"),
        table(HEAD, sorted(_shared(fleet=True))),
        *(part for path, command in walk() for part in _entry(path, command)),
    ]
    return markdown.page("Commands", *parts)


def _entry(path: str, command: click.Command) -> Iterator[str]:
    deep = len(path.split()) + 1
    yield f"{'#' * deep} provisioner {path}"
    yield prose(inspect.cleandoc(command.help or ""))
    if isinstance(command, click.Group):
        return
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    words = " ".join(["provisioner", path, "[OPTIONS]", *(_shown(each, command) for each in arguments)])
    yield code(words)
    rows, shared = list(_rows(command)), _shared(fleet=path.startswith("fleet "))
    yield table(HEAD, [row for row in rows if row not in shared])
    alike = ", ".join(row[0].partition(" ")[0].strip("`,") for row in rows if row in shared)
    last = [f"Shared options: {', '.join(code(name) for name in alike.split(', '))}."] if alike else []
    last += [said(codes_of(path, command))]
    if path in OF_COMMANDS:
        last += [f"JSON: [{OF_COMMANDS[path]}]({_place(OF_COMMANDS[path])})."]
    yield prose(" ".join(last))


def _place(schema: str) -> str:
    return f"plan-json.md#{schema}" if schema in ("plan", "apply") else f"json.md#{schema}"


def _shown(argument: click.Argument, command: click.Command) -> str:
    return argument.make_metavar(click.Context(command))


@cache
def _shared(*, fleet: bool) -> frozenset[Row]:
    """Return the options that many commands share; never `--format`, as its choices differ."""
    counts = Counter(
        row for path, command in leaves() if path.startswith("fleet ") is fleet for row in _rows(command)
    )
    return frozenset(row for row, count in counts.items() if count >= SHARED_BY and "--format" not in row[0])


def _rows(command: click.Command) -> Iterator[Row]:
    for option in command.params:
        if isinstance(option, click.Option):
            yield (_names(option, command), _default(option), code(option.envvar or ""), _meaning(option))


def _names(option: click.Option, command: click.Command) -> str:
    names = ", ".join(code(name) for name in (*option.opts, *option.secondary_opts))
    if option.is_flag or option.count:
        return names
    if isinstance(option.type, click.Choice):
        return f"{names} {' | '.join(code(choice) for choice in option.type.choices)}"
    plain = {"FLOAT RANGE": "NUMBER", "INTEGER RANGE": "NUMBER", "INTEGER": "NUMBER"}
    metavar = option.make_metavar(click.Context(command))
    return f"{names} {plain.get(metavar, metavar)}"


def _default(option: click.Option) -> str:
    value = option.get_default(click.Context(click.Command("any")), call=False)
    if option.required:
        return "required"
    if option.is_flag or option.multiple or value is None or not isinstance(value, str | int | float | Path):
        return ""
    return code(value)


def _meaning(option: click.Option) -> str:
    parts = [option.help or ""]
    if isinstance(option.type, click.IntRange | click.FloatRange):
        parts += [
            f"From {option.type.min} to {option.type.max}."
            if option.type.max is not None
            else f"At least {option.type.min}."
        ]
    if option.multiple:
        parts += ["Can be given several times."]
    return " ".join(parts)
