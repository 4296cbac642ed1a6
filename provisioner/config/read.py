"""One YAML text into plain values, safely: bounded, without objects, and with everything odd about it said.

Works on the parser's events in a loop of its own, so that neither deep nesting nor aliases can exhaust the
machine, and keeps no positions but those of the named blocks; `spots` finds the others when they are needed.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml
from msgspec import Struct, field
from yaml import events

from provisioner.config.reading import Reading, Slip
from provisioner.config.scalar import BROKEN, LONGEST_KEY, plain

DEEPEST = 100
EXPANDED_AT_LEAST = 1_000_000  # a file may expand to so many values, or to 50 times its own, if that is more
EXPANDED_TIMES = 50

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_HALF = re.compile("[\ud800-\udfff]")  # an escape may stand for it, but no UTF-8 may hold it
_PLAIN_TAGS = {
    events.ScalarEvent: "tag:yaml.org,2002:str",
    events.MappingStartEvent: "tag:yaml.org,2002:map",
    events.SequenceStartEvent: "tag:yaml.org,2002:seq",
}
_NO_KEY: Any = object()
_MERGE: Any = object()
_SKIP: Any = object()
BLOCK_DEPTH = 2


class UnreadableError(Exception):
    """The text cannot be read any further."""

    def __init__(self, line: int, column: int, text: str) -> None:
        self.line, self.column, self.text = line, column, text
        super().__init__(text)


def parse(text: str) -> Iterator[Any]:
    """Yield the YAML events of a text; raises UnreadableError where it is not YAML."""
    try:
        yield from iter(_LOADER(text).get_event, None)
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        line = "".join(text.splitlines()[mark.line : mark.line + 1])
        raise UnreadableError(mark.line, mark.column, _syntax(error, line)) from None
    except yaml.reader.ReaderError:
        before = _CONTROL.split(text, maxsplit=1)[0]
        column = len(before) - before.rfind("\n") - 1
        raise UnreadableError(before.count("\n"), column, "a control character; leave it out") from None


_SYNTAX = (
    (
        "mapping values are not allowed",
        "a ':' too many: quote a text that holds ': ', or mend the indentation",
    ),
    ("could not find expected ':'", "a key without ':' (or a line with the wrong indentation)"),
    ("did not find expected key", "not a key: mend the indentation, or quote the text"),
    ("did not find expected '-' indicator", "not a list item: mend the indentation"),
    ("did not find expected ',' or", "a '[' or '{' that is not closed, or a comma that is missing"),
    ("unexpected end of stream", "a quote that is not closed"),
    ("while scanning a quoted scalar", "a quoted text with an unknown escape"),
    ("cannot start any token", "this character cannot begin a text; put the text in quotes"),
    ("undefined tag handle", "tags are not allowed here; write plain YAML"),
)


def _syntax(error: yaml.MarkedYAMLError, line: str) -> str:
    if "cannot start any token" in str(error.problem) and "\t" in line:
        return "a tab cannot stand here; indent with spaces"
    said = f"{error.problem or error.context or 'not YAML'} {error.context or ''}"
    return next(
        (text for part, text in _SYNTAX if part in said), f"not YAML: {error.problem or error.context}"
    )


class _Open(Struct):
    """A collection being read. `lines` are those of its keys; `size` counts it with aliases expanded."""

    value: Any
    event: Any
    lines: dict[str, int] | None
    key: Any = _NO_KEY
    size: int = 1
    merged: list[Any] = field(default_factory=list)


class _Reader(Struct):
    out: Reading
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    own: int = 0
    documents: int = 0
    plains: dict[str, Any] = field(default_factory=dict)

    def run(self, text: str) -> None:
        for event in parse(text):
            kind = type(event)
            if kind is events.ScalarEvent:
                self.place(self.scalar(event), event, 1)
            elif kind is events.MappingStartEvent or kind is events.SequenceStartEvent:
                self.open(event, mapping=kind is events.MappingStartEvent)
            elif kind is events.MappingEndEvent or kind is events.SequenceEndEvent:
                self.close()
            elif kind is events.AliasEvent:
                self.alias(event)
            elif kind is events.DocumentStartEvent:
                self.documents += 1
                if self.documents > 1:
                    raise UnreadableError(
                        *_at(event), "a second document ('---'); put it into a file of its own"
                    )

    def slip(self, mark: Any, text: str) -> None:
        path = tuple(frame.key for frame in self.stack if isinstance(frame.key, str | int))
        self.out.slips.append(Slip(mark.line + 1, mark.column + 1, path, text))

    def scalar(self, event: Any) -> Any:
        if event.tag is not None:
            self.check_tag(event)
        raw = event.value
        if event.style == '"' and _HALF.search(raw):
            self.slip(event.start_mark, "a text with half of a surrogate pair; leave it out")
            raw = _HALF.sub("?", raw)
        if event.implicit[0]:
            value = self.plains.get(raw, _NO_KEY)
            if value is _NO_KEY:
                value = self.plains[raw] = plain(raw)
        else:
            value = raw
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1)
        return value

    def check_tag(self, event: Any) -> None:
        if event.tag not in ("!", _PLAIN_TAGS[type(event)]):
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")[:60]
            self.slip(event.start_mark, f"the tag {tag!r} is not allowed; write plain YAML")

    def open(self, event: Any, *, mapping: bool) -> None:
        if len(self.stack) >= DEEPEST:
            raise UnreadableError(*_at(event), f"nested more than {DEEPEST} levels deep")
        if event.tag is not None:
            self.check_tag(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (_NO_KEY, 0)
        self.stack.append(_Open({}, event, {}) if mapping else _Open([], event, None))

    def close(self) -> None:
        frame = self.stack.pop()
        for source in frame.merged:
            for key, value in source.items():
                frame.value.setdefault(key, value)
        if frame.event.anchor is not None:
            self.anchors[frame.event.anchor] = (frame.value, frame.size)
        self.place(frame.value, frame.event, frame.size)

    def alias(self, event: Any) -> None:
        value, size = self.anchors.get(event.anchor, (_SKIP, 1))
        if value is _SKIP:
            self.slip(
                event.start_mark, f"'*{event.anchor[:60]}' has no anchor '&{event.anchor[:60]}' before it"
            )
            value = BROKEN
        elif value is _NO_KEY:
            raise UnreadableError(*_at(event), f"'*{event.anchor[:60]}' stands inside of what it refers to")
        self.place(value, event, size)

    def place(self, value: Any, event: Any, size: int) -> None:
        self.own += 1
        if value is None or not (value or value == 0):
            self.out.empties = True
        if not self.stack:
            self.out.value = value
            return
        frame = self.stack[-1]
        frame.size += size
        if size > 1 and frame.size > EXPANDED_AT_LEAST and frame.size > EXPANDED_TIMES * self.own:
            raise UnreadableError(*_at(event), "aliases that expand to far more than the file itself")
        if frame.lines is None:
            frame.value.append(value)
        elif frame.key is _NO_KEY:
            frame.key = self.key(value, event, frame)
        else:
            self.entry(value, event, frame)
            frame.key = _NO_KEY

    def key(self, value: Any, event: Any, frame: _Open) -> Any:
        mark = event.start_mark
        if value == "<<" and type(event) is events.ScalarEvent and event.implicit[0]:
            return _MERGE
        if not isinstance(value, str):
            self.slip(mark, _not_a_key(event))
            return _SKIP
        if len(value) > LONGEST_KEY:
            self.slip(mark, f"a key of {len(value)} characters; at most {LONGEST_KEY} are taken")
            return _SKIP
        lines = frame.lines
        if lines is None or value in lines:
            first = lines[value] if lines else 0
            self.slip(mark, f"the key {value!r} is given twice, first in line {first}")
            return _SKIP
        lines[value] = mark.line + 1
        if len(self.stack) == BLOCK_DEPTH and isinstance(self.stack[0].key, str):
            self.out.blocks[self.stack[0].key, value] = (mark.line + 1, mark.column + 1)
        return value

    def entry(self, value: Any, event: Any, frame: _Open) -> None:
        if frame.key is _MERGE:
            sources = value if isinstance(value, list) else [value]
            if all(isinstance(source, dict) for source in sources):
                frame.merged.extend(sources)
            else:
                self.slip(event.start_mark, "'<<' takes an alias of a mapping, or a list of them")
        elif frame.key is not _SKIP:
            frame.value[frame.key] = value


def _at(event: Any) -> tuple[int, int]:
    return event.start_mark.line, event.start_mark.column


def _not_a_key(event: Any) -> str:
    if type(event) is not events.ScalarEvent:
        return "a key must be a text"
    if not event.value:
        return "a key is missing before ':'"
    return f'the key {event.value[:60]} is not read as a text; write "{event.value[:60]}" in quotes'


def read_in_full(text: str) -> Reading:
    """Read one YAML text by the parser's events; never raises."""
    out = Reading()
    reader = _Reader(out)
    try:
        reader.run(text)
    except UnreadableError as stop:
        reader.slip(stop, stop.text)
        out.sound = False
    return out
