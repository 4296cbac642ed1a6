"""
The source line of a problem with a caret under its place, as compilers show it.

A line may contain personal data, secrets and comments. So a value is shown only if the message quotes it
already; every other value is shown as `...`, and comments and anchors are removed.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace
from yaml import events

from provisioner.config.text.read import UnreadableError, events_of
from provisioner.core.model.errors import Problem

HIDDEN = "..."
TAB = "\N{RIGHTWARDS ARROW}"
WIDEST, BEFORE = 100, 70  # the most characters of a line that are shown, and the most before the caret
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*|<<")
_FIRST_KEY = re.compile(r"[ -]*[A-Za-z_][A-Za-z0-9_.-]*:(?=\s|$)")
_CELL = re.compile(r'"(?:[^"]|"")*"?|[^,]*')
_MARKS = frozenset(" -?:,{}[]")
_SYNTAX = frozenset(":,{}[]\"'-?&*!|>%@`#")


class _Token(NamedTuple):
    """A scalar on a line: its columns from 0, whether it is a key, and the value that YAML reads."""

    start: int
    """The column of its first character."""
    end: int
    """The column after its last character."""
    is_key: bool
    """True for a key of a mapping."""
    value: str
    """The value as YAML reads it."""


def with_excerpts(problems: Sequence[Problem], texts: Mapping[str, str]) -> list[Problem]:
    """Return the problems with their source lines; `texts` has the contents of files by name."""
    lines = {file: text.splitlines() for file, text in texts.items()}
    wanted: dict[str, set[int]] = {}
    for problem in problems:
        if problem.where and 0 < problem.where.line <= len(lines.get(problem.where.file, ())):
            wanted.setdefault(problem.where.file, set()).add(problem.where.line)
    found = {file: _scalars_on(file, texts[file], lines[file], numbers) for file, numbers in wanted.items()}
    return [
        replace(problem, excerpt=_excerpt(problem, lines[problem.where.file], found[problem.where.file]))
        if problem.where and problem.where.line in wanted.get(problem.where.file, ())
        else problem
        for problem in problems
    ]


def _scalars_on(
    file: str, text: str, lines: Sequence[str], wanted: Collection[int]
) -> Mapping[int, Sequence[_Token] | None]:
    """Return the scalars on the wanted lines of a YAML file, or of a roster as CSV or JSON lines."""
    match Path(file).suffix:
        case ".csv":
            return {number: [*_cells(lines[number - 1], is_head=number == 1)] for number in wanted}
        case ".jsonl" | ".ndjson":
            each = {number: lines[number - 1] for number in wanted}
            return {number: _tokens(line, [line], {1})[1] for number, line in each.items()}
        case _:
            return _tokens(text, lines, wanted)


def _cells(line: str, *, is_head: bool) -> Iterator[_Token]:
    """Yield the cells of a line of CSV; those of the header are keys."""
    start = 0
    while start <= len(line) and (match := _CELL.match(line, start)):
        yield _Token(start, match.end(), is_head, match[0].strip('"'))
        start = match.end() + 1


def _tokens(
    text: str, lines: Sequence[str], wanted: Collection[int]
) -> Mapping[int, Sequence[_Token] | None]:
    """
    Return the scalars on the wanted lines, by line number from 1.

    The line at which the text stops being valid YAML has None; later lines are missing.
    """
    found: dict[int, list[_Token]] = {number: [] for number in wanted}
    try:
        for event, is_key in _scalars(text):
            first, last = event.start_mark.line + 1, event.end_mark.line + 1
            for number in range(first, last + 1) if last - first < len(found) else sorted(found):
                if number in found and first <= number <= last:
                    start = event.start_mark.column if number == first else 0
                    end = event.end_mark.column if number == last else len(lines[number - 1])
                    found[number].append(_Token(start, end, is_key, event.value))
    except UnreadableError as stop:
        before = {number: tokens for number, tokens in found.items() if number <= stop.line}
        return {**before, stop.line + 1: None}
    return found


def _scalars(text: str) -> Iterator[tuple[Any, bool]]:
    """Yield the scalar events of a text, and whether each is a key."""
    open_: list[int | None] = []  # the number of nodes in each open mapping so far; None for a list
    with events_of(text) as get:
        for event in iter(get, None):
            if isinstance(event, events.CollectionEndEvent):
                open_.pop()
            elif isinstance(event, events.NodeEvent):
                is_key = bool(open_) and open_[-1] is not None and open_[-1] % 2 == 0
                if open_ and open_[-1] is not None:
                    open_[-1] += 1
                if isinstance(event, events.ScalarEvent):
                    yield event, is_key
                elif isinstance(event, events.CollectionStartEvent):
                    open_.append(0 if isinstance(event, events.MappingStartEvent) else None)


def _excerpt(problem: Problem, lines: Sequence[str], tokens: Mapping[int, Sequence[_Token] | None]) -> str:
    if problem.where is None or problem.where.line not in tokens:
        return ""
    number, place = problem.where.line, problem.where.column - 1
    line = lines[number - 1]
    scalars = tokens[number]
    shown, caret = _broken(line, place) if scalars is None else _parsed(line, scalars, place, problem.text)
    if caret > WIDEST - 1 or len(shown) > WIDEST:
        cut = max(0, caret - BEFORE)
        shown, caret = shown[cut : cut + WIDEST], caret - cut
    margin = f"{number:>5} | "
    return f"{margin}{shown.rstrip()}\n{' ' * (len(margin) - 2)}| {' ' * caret}^"


def _parsed(line: str, tokens: Sequence[_Token], place: int, said: str) -> tuple[str, int]:
    """Return a line in which only values that the message quotes are shown, and the caret's column in it."""
    shown, at, caret = "", 0, None
    for start, end, is_key, value in [*tokens, _Token(len(line), len(line), True, "")]:
        between, remark, _ = line[at:start].partition("#")
        if caret is None and at <= place < start:
            caret = len(shown) + min(place - at, len(between))
        shown += "".join(letter for letter in between if letter in _MARKS)
        if remark:
            break
        if caret is None and start <= place < max(end, start + 1):
            caret = len(shown)
        written = line[start:end]
        is_said = written.isprintable() and (repr(value) in said or f'"{value}"' in said)
        shown += written if is_said or (is_key and _KEY.fullmatch(value)) else HIDDEN if written else ""
        at = end
    return shown, len(shown) if caret is None else min(caret, len(shown))


def _broken(line: str, place: int) -> tuple[str, int]:
    """Return a line that is not valid YAML with only its first key, tabs, and the mark at the place shown."""
    written, line = line, line.replace("\t", " ")
    # Escapes and control characters can be invalid inside a multi-line string, which has no keys.
    key = _FIRST_KEY.match(line) if line.isprintable() and "\\" not in line else None
    head = key[0] if key else ""
    rest = (
        letter if letter == " " or (at == place and letter in _SYNTAX) else "."
        for at, letter in enumerate(line[len(head) :], len(head))
    )
    shown = zip(written, [*head, *rest], strict=True)
    return "".join(TAB if was == "\t" else letter for was, letter in shown), min(place, len(line))
