"""Reads the accounts of fleet.yaml and of rosters row by row, each with its place in the file."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from provisioner.config.text.document import Document, open_document, text_of
from provisioner.config.text.near import near
from provisioner.config.text.outside import Outside
from provisioner.config.text.positions import positions
from provisioner.config.text.scalar import Odd
from provisioner.core.model.errors import Problem, Where

Keys = tuple[Any, ...]
GROUPS = ("vars", "labels")
COLUMNS = ("account", "name", "configuration", "env")
ROSTERS = (".csv", ".jsonl", ".ndjson", ".yaml", ".yml")


class Row(NamedTuple):
    """One account as written in a file."""

    file: Path
    """The file."""
    value: Any
    """The value, before it is checked."""
    where: Callable[[Keys, bool], Where]
    """Returns the place of a value at a path, or of its key."""
    raw: Callable[[Keys], str | None]
    """Returns an unquoted YAML scalar at a path as written; None for any other value."""


def document_rows(document: Document) -> Iterator[Row]:
    """Yield the rows under `accounts` of a YAML file."""
    for number, value in enumerate(document.value.get("accounts") or ()):
        yield _yaml_row(document, ("accounts", number), value)


def _yaml_row(document: Document, base: Keys, value: Any) -> Row:
    def raw(path: Keys) -> str | None:
        position = document.position((*base, *path))
        return position.raw if position else None

    return Row(
        document.file, value, lambda path, key: document.where((*base, *path), key=bool(path) and key), raw
    )


def roster_rows(
    file: Path, problems: list[Problem], outside: Outside, sound: Callable[[Document], Document]
) -> Iterator[Row]:
    """Yield the rows of a roster, by its suffix; `sound` removes the invalid parts of a YAML roster."""
    if file.suffix in (".yaml", ".yml"):
        yield from document_rows(sound(open_document(file, problems, outside)))
        return
    text = text_of(file, problems, outside)
    if text is not None:
        yield from (_csv if file.suffix == ".csv" else _json_lines)(file, text, problems)


def _plain(_path: Keys) -> None:
    return None


def _json_lines(file: Path, text: str, problems: list[Problem]) -> Iterator[Row]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(
                line,
                object_pairs_hook=_once,
                parse_float=lambda raw: Odd(raw, "a number with a fraction"),
                parse_constant=lambda raw: Odd(raw, "a value that is not JSON"),
            )
        except json.JSONDecodeError as error:
            problems.append(Problem(Where(str(file), number, error.colno), "", f"not JSON: {error.msg}"))
        except (ValueError, RecursionError) as error:
            problems.append(Problem(Where(str(file), number, 1), "", str(error)))
        else:
            yield Row(file, value, partial(_json_where, file, number, line), _plain)


def _json_where(file: Path, number: int, line: str, path: Keys, key: bool) -> Where:
    """Return the place of a value in a line of JSON, or of the closest value around it."""
    found = positions(line)  # JSON is YAML
    length = next(length for length in range(len(path), -1, -1) if path[:length] in found)
    position = found[path[:length]]
    return Where(str(file), number, position.key_column if key and length == len(path) else position.column)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"duplicate key {key[:60]!r}")
        found[key] = value
    return found


def _csv(file: Path, text: str, problems: list[Problem]) -> Iterator[Row]:
    """Yield a row for each line below the header; empty cells are left out, and all values are strings."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if not _sound_header(file, header, text, problems):
            return
        line = reader.line_num + 1
        for cells in reader:
            if cells and len(cells) != len(header):
                says = f"{len(cells)} cells, but the header has {len(header)}"
                problems.append(Problem(Where(str(file), line, 1), "", says))
            elif cells:
                yield _csv_row(file, header, cells, line, text)
            line = reader.line_num + 1
    except csv.Error as error:
        problems.append(Problem(Where(str(file), max(reader.line_num, 1), 1), "", f"not CSV: {error}"))


def _sound_header(file: Path, header: list[str], text: str, problems: list[Problem]) -> bool:
    starts = _starts(_line(text, 1))
    known = [*COLUMNS, *(f"{group}.NAME" for group in GROUPS)]
    before = len(problems)
    if "account" not in header:
        says = f"the first line must name the columns, including 'account'; known: {', '.join(known)}"
        problems.append(Problem(Where(str(file), 1, 1), "", says))
    for number, name in enumerate(header):
        place = Where(str(file), 1, starts[number] if number < len(starts) else 1)
        group, point, rest = name.partition(".")
        if name in header[:number]:
            problems.append(Problem(place, "", f"duplicate column {name!r}"))
        elif name not in COLUMNS and not (group in GROUPS and point and rest):
            says = f"unknown column {name[:60]!r}{near(name, COLUMNS)}; known: {', '.join(known)}"
            problems.append(Problem(place, "", says))
    return len(problems) == before


def _csv_row(file: Path, header: list[str], cells: list[str], line: int, text: str) -> Row:
    value: dict[str, Any] = {}
    columns: dict[Keys, int] = {}
    for number, (name, cell) in enumerate(zip(header, cells, strict=True)):
        if cell:
            group, point, rest = name.partition(".")
            path = (group, rest) if point else (name,)
            columns[path] = number
            if point:
                value.setdefault(group, {})[rest] = cell
            else:
                value[name] = cell

    def where(path: Keys, _key: bool) -> Where:
        starts = _starts(_line(text, line))
        column = columns.get(path, 0)
        return Where(str(file), line, starts[column] if column < len(starts) else 1)

    return Row(file, value, where, _plain)


def _line(text: str, number: int) -> str:
    return text.split("\n", number)[number - 1]


def _starts(line: str) -> list[int]:
    """Return the columns (from 1) at which the cells of a line begin."""
    starts, quoted = [1], False
    for number, character in enumerate(line, start=1):
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            starts.append(number + 1)
    return starts
