"""
Reads a YAML text into plain values safely: within limits, without objects, and with all problems reported.

The parser's events are read once to build the tree. Only the positions of named blocks are stored;
`positions` finds the others when a message needs them.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import yaml
from msgspec import Struct, field
from yaml import events

from provisioner.config.text.scalar import BROKEN, LONGEST_KEY, plain

DEEPEST = 100
EXPANDED_AT_LEAST = (
    1_000_000  # the most values that aliases may expand to, or 50 times those of the file if that is more
)
EXPANDED_TIMES = 50
BLOCK_DEPTH = 2

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_HALF = re.compile("[\ud800-\udfff]")  # an escape can produce it, but UTF-8 cannot contain it
_PLAIN_TAGS = {
    events.ScalarEvent: "tag:yaml.org,2002:str",
    events.MappingStartEvent: "tag:yaml.org,2002:map",
    events.SequenceStartEvent: "tag:yaml.org,2002:seq",
}
_Scalar = events.ScalarEvent
_UNKNOWN: Any = object()  # marks a missing cache entry
_MERGE, _SKIP = object(), object()  # instead of a key
_OPEN: Any = object()  # marks an anchor whose value is still being read


class Slip(NamedTuple):
    """A problem in the text itself: its place and the message."""

    line: int
    """The line, from 1."""
    column: int
    """The column, from 1."""
    path: tuple[Any, ...]
    """The keys that lead to the place."""
    text: str
    """The problem, and how to fix it."""


class Reading(Struct):
    """The result of reading a text."""

    value: Any = None
    """The value of the document."""
    slips: list[Slip] = field(default_factory=list)
    """The problems of the text."""
    blocks: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """Line and column (from 1) of each named block, by section and name: `("cards", "ads")`."""
    sound: bool = True
    """True if the whole text could be read."""
    empties: bool = False
    """True if it contains nulls, empty strings or empty collections."""


class UnreadableError(Exception):
    """The text cannot be read any further."""

    def __init__(self, line: int, column: int, text: str) -> None:
        self.line, self.column, self.text = line, column, text
        super().__init__(text)


@contextmanager
def events_of(text: str) -> Iterator[Callable[[], Any]]:
    """
    Yield a function that returns the YAML events of a text one by one, then None.

    The context manager raises UnreadableError if the text is not valid YAML.
    """
    try:
        yield _LOADER(text).get_event
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        line = "".join(text.splitlines()[mark.line : mark.line + 1])
        said = f"{error.problem or error.context or 'invalid YAML'} {error.context or ''}"
        unknown = f"invalid YAML: {error.problem or error.context}"
        text = next((text for part, text in _SYNTAX if part in said), unknown)
        if "cannot start any token" in said and "\t" in line:
            text = "unexpected tab; indent with spaces"
        raise UnreadableError(mark.line, mark.column, text) from None
    except yaml.reader.ReaderError:
        before = _CONTROL.split(text, maxsplit=1)[0]
        column = len(before) - before.rfind("\n") - 1
        raise UnreadableError(
            before.count("\n"), column, "control characters are not allowed; remove this one"
        ) from None


_SYNTAX = (
    (
        "mapping values are not allowed",
        "unexpected ':'; check the indentation, or quote the value",
    ),
    ("could not find expected ':'", "expected ':' after a key; check the indentation"),
    ("did not find expected key", "expected a key; check the indentation, or quote the value"),
    ("did not find expected '-' indicator", "expected a list item ('- ...'); check the indentation"),
    ("did not find expected ',' or", "missing a comma, or a closing ']' or '}'"),
    ("unexpected end of stream", "missing closing quote"),
    ("while scanning a quoted scalar", "unknown escape in a quoted string"),
    ("cannot start any token", "a value cannot start with this character; quote it"),
    ("undefined tag handle", "tags are not supported; write plain YAML"),
)


def read(text: str) -> Reading:
    """Read one YAML text; never raises."""
    out = Reading()
    path: list[str] = []
    try:
        with events_of(text) as get:
            _Reader(text, get, out, path).run()
    except UnreadableError as stop:
        out.slips.append(Slip(stop.line + 1, stop.column + 1, tuple(path), stop.text))
        out.sound = False
    return out


class _Reader(Struct):
    """The state of reading one text."""

    text: str
    """The text of the file."""
    get: Callable[[], Any]
    """Returns the next event of the YAML parser."""
    out: Reading
    """The result, which is filled as the text is read."""
    path: list[str]
    """The keys that lead to the current value."""
    depth: int = 0
    """The number of collections around the current value."""
    own: int = 0
    """The number of values in the file."""
    expanded: int = 0
    """The number of values that aliases add."""
    anchors: dict[str, Any] = field(default_factory=dict)
    """The value of each anchor, by its name."""
    sizes: dict[int, tuple[Any, int]] = field(default_factory=dict)
    """Each anchored value with the number of values in it, by the value's Python id."""
    plains: dict[str, Any] = field(default_factory=dict)
    """A cache of the values of unquoted scalars."""
    quoted: dict[str, str] = field(default_factory=dict)
    """A cache of the values of quoted scalars."""
    keys: set[str] = field(default_factory=set)
    """The strings that are keys, in any quoting style."""

    def run(self) -> None:
        documents = 0
        while (event := self.get()) is not None:
            if type(event) is events.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    text = "a file holds one document; move what follows '---' to another file"
                    raise UnreadableError(*_at(event), text)
            elif isinstance(event, events.NodeEvent):
                self.out.value = self.node(event)

    def mapping(self, start: Any) -> dict[str, Any]:
        """Read the entries of a mapping, with a fast path for scalars that have been seen before."""
        get, path, plains, quoted, keys = self.get, self.path, self.plains, self.quoted, self.keys
        value: dict[str, Any] = {}
        merged: list[Any] = []
        named = self.depth == BLOCK_DEPTH and len(path) == 1
        while type(event := get()) is not events.MappingEndEvent:
            key = event.value if type(event) is _Scalar else None
            if key not in keys or key in value or event.tag or event.anchor:
                key = self.key(event, value, start)
                if key is _SKIP or key is _MERGE:
                    self.aside(get(), merged if key is _MERGE else None)
                    continue
            if named:
                self.out.blocks[path[0], key] = (event.start_mark.line + 1, event.start_mark.column + 1)
            try:
                event = get()
            except yaml.YAMLError:
                path.append(key)  # a key whose value contains the error
                raise
            if type(event) is _Scalar and not (event.tag or event.anchor):
                known = (plains if event.implicit[0] else quoted).get(event.value, _UNKNOWN)
                value[key] = self.scalar(event) if known is _UNKNOWN else known
            else:
                path.append(key)
                value[key] = self.node(event)
                path.pop()
        for source in merged:
            for name, item in source.items():
                value.setdefault(name, item)
        return value

    def sequence(self) -> list[Any]:
        value: list[Any] = []
        while type(event := self.get()) is not events.SequenceEndEvent:
            value.append(self.node(event))
        return value

    def node(self, event: Any) -> Any:
        """Read the value that starts with an event."""
        if type(event) is events.AliasEvent:
            return self.alias(event)
        if event.tag is not None:
            self.check_tag(event)
        value = self.scalar(event) if type(event) is _Scalar else self.collection(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = value
        return value

    def scalar(self, event: Any) -> Any:
        raw = event.value
        if event.implicit[0]:
            value = self.plains[raw] = plain(raw)
        elif event.style == '"' and _HALF.search(raw):
            self.slip(event, "an incomplete Unicode character (half of a surrogate pair); remove it")
            value = _HALF.sub("?", raw)
        else:
            value = self.quoted[raw] = raw
        if value is None or value == "":
            self.out.empties = True
        return value

    def collection(self, event: Any) -> Any:
        if self.depth >= DEEPEST:
            raise UnreadableError(*_at(event), f"nested more than {DEEPEST} levels deep")
        if event.anchor is not None:
            self.anchors[event.anchor] = _OPEN
        self.depth += 1
        value = self.mapping(event) if type(event) is events.MappingStartEvent else self.sequence()
        self.depth -= 1
        self.own += 1 + len(value)
        if not value:
            self.out.empties = True
        return value

    def alias(self, event: Any) -> Any:
        name = event.anchor
        value = self.anchors.get(name, _UNKNOWN)
        if value is _UNKNOWN:
            self.slip(event, f"'*{name[:60]}' has no anchor '&{name[:60]}' before it")
            return BROKEN
        if value is _OPEN:
            raise UnreadableError(*_at(event), f"'*{name[:60]}' is inside the value that it refers to")
        self.own += 1
        self.expanded += self.size(value)
        if self.expanded > EXPANDED_AT_LEAST and self.expanded > EXPANDED_TIMES * self.own:
            raise UnreadableError(*_at(event), "aliases expand to far more than the file itself")
        return value

    def size(self, value: Any) -> int:
        """
        Count the values in a value; the values of an alias count each time it is used.

        The target of an inner alias has been counted before, so the recursion is as deep as the YAML.
        """
        if not isinstance(value, dict | list):
            return 1
        if id(value) not in self.sizes:
            inside = value.values() if isinstance(value, dict) else value
            # Keeping the value alive prevents its id from being reused.
            self.sizes[id(value)] = (value, 1 + sum(map(self.size, inside)))
        return self.sizes[id(value)][1]

    def check_tag(self, event: Any) -> None:
        if event.tag not in ("!", _PLAIN_TAGS[type(event)]):
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")[:60]
            self.slip(event, f"tag {tag!r} is not supported; write plain YAML")

    def key(self, event: Any, mapping: dict[str, Any], start: Any) -> Any:
        """Return a new string key, `_MERGE` for `<<`, or `_SKIP` after reporting a problem."""
        key = self.node(event)
        if key == "<<" and type(event) is _Scalar and event.implicit[0]:
            return _MERGE
        if not isinstance(key, str):
            self.slip(event, _not_a_key(event))
        elif len(key) > LONGEST_KEY:
            self.slip(event, f"key has {len(key)} characters; the maximum is {LONGEST_KEY}")
        elif key in mapping:
            first = _first_line(self.text, start.start_mark.index, key)
            self.slip(event, f"duplicate key {key!r}; first defined on line {first}")
        else:
            if plain(key) == key != "<<":
                self.keys.add(key)
            return key
        return _SKIP

    def aside(self, event: Any, merged: list[Any] | None) -> None:
        """Read the value of an invalid key, or the mappings that `<<` merges."""
        value = self.node(event)
        if merged is None:
            return
        sources = value if isinstance(value, list) else [value]
        if all(isinstance(source, dict) for source in sources):
            merged.extend(sources)
        else:
            self.slip(event, "'<<' expects an alias of a mapping, or a list of such aliases")

    def slip(self, event: Any, text: str) -> None:
        mark = event.start_mark
        self.out.slips.append(Slip(mark.line + 1, mark.column + 1, tuple(self.path), text))


def _first_line(text: str, start: int, key: str) -> int:
    """Find, by a second parse, the line where a key first occurs in the mapping that starts at an index."""
    depth, is_key = 0, True
    with events_of(text) as get:
        for event in iter(get, None):
            mark: Any = event.start_mark
            if not depth:
                depth = int(type(event) is events.MappingStartEvent and mark.index == start)
                continue
            if depth == 1 and is_key and type(event) is _Scalar and event.value == key:
                return int(mark.line) + 1
            depth += isinstance(event, events.CollectionStartEvent) - isinstance(
                event, events.CollectionEndEvent
            )
            is_key = not is_key if depth == 1 else is_key
    return 0


def _at(event: Any) -> tuple[int, int]:
    return event.start_mark.line, event.start_mark.column


def _not_a_key(event: Any) -> str:
    if type(event) is not _Scalar:
        return "a key must be a string"
    if not event.value:
        return "missing key before ':'"
    return f'YAML does not read the key {event.value[:60]} as a string; quote it: "{event.value[:60]}"'
