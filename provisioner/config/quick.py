"""Plain YAML, line by line: what nearly every file is made of, at a fraction of a parser's cost.

Taken is a small part of YAML on which there can be no two opinions: block mappings and lists, values on
the line of their key, quoted texts without escapes, flow collections on one line, remarks. At the first
line that is anything else the whole text is left to `read`, which knows all of YAML and every mistake.
"""

import re
from functools import lru_cache
from typing import Any

from msgspec import Struct, field

from provisioner.config.scalar import LONGEST_KEY, Odd, plain

BLOCK_DEPTH = 2  # a section, and the names in it
MANY_ALIKE = 2000  # texts whose meaning is remembered: many are the same, such as `US`

_FIRST, _INNER = r"[\w./+(]", r"\w./+()&'%=~^@ -"
_MORE = rf"[{_INNER}]*"
_ENTRY = rf"( *)((?!-)[\w.-]{{1,{LONGEST_KEY}}}):(?: +([^ \n].*))?"
_LINE = re.compile(rf"^{_ENTRY}$|^(.*)$", re.MULTILINE)  # every line is one match: an entry, or any other
_FIRST_ENTRY = re.compile(_ENTRY)
_ITEM = re.compile(r"( *)-( +)([^ ].*)")
_PLAIN = re.compile(rf"(?:{_FIRST}|-(?=[\w.]))[,{_INNER}]*")  # a comma is a sign in flow collections only
_QUOTED = re.compile(r""""([^"\\]*)"|'([^']*)'""")
_FLOW = re.compile(
    rf""" *(?:"(?P<double>[^"\\]*)"|'(?P<single>[^']*)'|(?P<plain>(?:{_FIRST}|-(?=[\w.])){_MORE})"""
    r"|(?P<sign>[][{},]|:(?= ))) *"
)
# a mapping of single values, the flow collection that there is most of
_KEY = rf"[A-Za-z_][\w.-]{{,{LONGEST_KEY - 1}}}"
_VALUE = rf"""(?:"[^"\\]+"|{_FIRST}{_MORE})"""
_ROW = re.compile(rf"{{ *{_KEY}: {_VALUE}(?:, *{_KEY}: {_VALUE})*}}")
_PAIR = re.compile(rf"""({_KEY}): (?:"([^"\\]+)"|({_FIRST}{_MORE}))""")
_DEEPEST = 20
_QUOTES = frozenset("\"'")
_NONE: Any = object()


class _NotPlainError(Exception):
    """The text holds something that is left to the full reader."""


class Plain(Struct):
    """What a plain text holds: its value, and the positions of its named blocks."""

    value: dict[str, Any] = field(default_factory=dict)
    blocks: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)


def read_plain(text: str) -> Plain | None:
    """Read a text that is plain; None for any other."""
    # no tabs, carriage returns or control characters, nor line breaks that only some readers know
    if not text.replace("\n", "").isprintable():
        return None
    try:
        return _Lines().run(text)
    except _NotPlainError:
        return None


class _Lines(Struct):
    """Where the reading is: the open collections with their indents, and a key whose value comes below."""

    out: Plain = field(default_factory=Plain)
    open: list[tuple[int, Any]] = field(default_factory=list)
    pending: Any = _NONE
    keys: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def run(self, text: str) -> Plain | None:
        self.open.append((0, self.out.value))
        blocks, keys, opened, values = self.out.blocks, self.keys, self.open, self.values
        section = ""
        for number, line in enumerate(_LINE.finditer(text), 1):
            spaces, key, behind, other = line.groups("")
            if not key:
                self.other(other)
                continue
            indent = len(spaces)
            last, here = opened[-1]
            if indent != last or self.pending is not _NONE or type(here) is list:
                here = self.at(indent)
            known = keys.get(key) or self.key(key)
            if known in here:
                return None
            if len(opened) == BLOCK_DEPTH:
                blocks[section, known] = (number, indent + 1)
            elif indent == 0:
                section = known
                if behind[:1] == "{":
                    raise _NotPlainError  # whose names have positions of their own
            here[known] = value = values.get(behind) if behind else None
            if value is None:
                self.put(here, known, behind)
        return self.out if self.pending is _NONE and self.out.value else None

    def put(self, here: dict[str, Any], key: str, behind: str) -> None:
        """Give a key the value that is written behind it, or wait for the one that comes below."""
        if not behind or behind[0] == "#":
            here[key] = None
            self.pending = key
        else:
            here[key] = self.value(behind)

    def key(self, key: str) -> str:
        """A key that is a text, the same object for the same key."""
        if type(plain(key)) is not str:
            raise _NotPlainError
        if len(self.open) != BLOCK_DEPTH:
            self.keys[key] = key
        return key

    def at(self, indent: int) -> Any:
        """The mapping that an entry with this indent belongs to; opens and closes on the way."""
        if self.pending is not _NONE:
            return self.below(indent, {}, self.open[-1][0] + 1)
        last, here = self.close(indent)
        if indent == last and type(here) is list and len(self.open) > 1:
            self.open.pop()  # its items stood as far out as the key that it is under
            last, here = self.open[-1]
        if indent != last or type(here) is not dict:
            raise _NotPlainError
        return here

    def close(self, indent: int) -> tuple[int, Any]:
        """Close what lies deeper than an indent; returns what is open then."""
        while indent < self.open[-1][0]:
            self.open.pop()
        return self.open[-1]

    def below(self, indent: int, new: Any, least: int) -> Any:
        """Open a collection under the key that waits for one."""
        if indent < least or len(self.open) > _DEEPEST:
            raise _NotPlainError
        self.open[-1][1][self.pending] = new
        self.pending = _NONE
        self.open.append((indent, new))
        return new

    def other(self, line: str) -> None:
        """A line that is no entry of a mapping: nothing, a remark, or an item of a list."""
        bare = line.lstrip(" ")
        if not bare or bare[0] == "#":
            return
        item = _ITEM.fullmatch(line)
        if item is None:
            raise _NotPlainError
        spaces, gap, text = item.groups()
        indent = len(spaces)
        if self.pending is not _NONE:
            here = self.below(indent, [], self.open[-1][0])
        else:
            last, here = self.close(indent)
            if indent != last or type(here) is not list:
                raise _NotPlainError
        entry = _FIRST_ENTRY.fullmatch(text)
        here.append({} if entry else self.value(text))
        if entry:
            self.first(here[-1], indent + 1 + len(gap), entry[2], entry[3] or "")

    def first(self, row: dict[str, Any], indent: int, key: str, behind: str) -> None:
        """The entry on the line of an item, which opens a mapping that others go on with."""
        if len(self.open) > _DEEPEST:
            raise _NotPlainError
        self.open.append((indent, row))
        self.put(row, self.key(key), behind)

    def value(self, text: str) -> Any:
        """The value that a text stands for; the same object for the same text."""
        value = self.values.get(text)
        if value is None:
            value = self.values[text] = _value(text)
        return value


def _value(text: str) -> Any:
    if _PLAIN.fullmatch(text):
        return _full(plain(text.rstrip(" ")))
    remark = text.find(" #")
    if remark > 0 and not _QUOTES & set(text[:remark]):
        return _value(text[:remark])
    first = text[0]
    if first in "[{":
        return _row(text) if _ROW.fullmatch(text) else _flow(text)
    if first in "\"'":
        quoted = _QUOTED.fullmatch(text.rstrip(" "))
        return _full(quoted[1] or quoted[2] if quoted else None)
    raise _NotPlainError


def _row(text: str) -> dict[str, Any]:
    pairs = _PAIR.findall(text)
    row = {key: quoted or _full(plain(bare.rstrip(" "))) for key, quoted, bare in pairs}
    if len(row) < len(pairs) or not all(map(_is_text, row)):
        raise _NotPlainError
    return row


@lru_cache(maxsize=MANY_ALIKE)
def _is_text(key: str) -> bool:
    return type(plain(key)) is str


def _full(value: Any) -> Any:
    """A value that declares something and that all readers read alike."""
    if value is None or value == "" or type(value) is Odd:
        raise _NotPlainError
    return value


def _flow(text: str) -> Any:
    tokens: list[tuple[str, Any]] = []
    at = 0
    while at < len(text):
        token = _FLOW.match(text, at)
        if token is None:
            raise _NotPlainError
        kind = str(token.lastgroup)
        raw = token[kind]
        value = plain(raw.rstrip(" ")) if kind == "plain" else raw
        tokens.append(("sign", raw) if kind == "sign" else ("value", _full(value)))
        at = token.end()
    tokens.reverse()
    value = _collection(tokens, 0)
    if tokens:
        raise _NotPlainError
    return value


def _collection(tokens: list[tuple[str, Any]], depth: int) -> Any:
    """The value that the (reversed) tokens begin with; takes them away."""
    kind, value = _next(tokens)
    if kind == "value":
        return value
    if value not in "[{" or depth > _DEEPEST:
        raise _NotPlainError
    mapping: dict[str, Any] = {}
    items: list[Any] = []
    while True:
        item = _collection(tokens, depth + 1)
        if value == "[":
            items.append(item)
        elif not _is_new_key(item, mapping) or _next(tokens) != ("sign", ":"):
            raise _NotPlainError
        else:
            mapping[item] = _collection(tokens, depth + 1)
        end = _next(tokens)
        if end == ("sign", "]" if value == "[" else "}"):
            return items if value == "[" else mapping
        if end != ("sign", ","):
            raise _NotPlainError


def _is_new_key(item: Any, mapping: dict[str, Any]) -> bool:
    return type(item) is str and len(item) <= LONGEST_KEY and item not in mapping


def _next(tokens: list[tuple[str, Any]]) -> tuple[str, Any]:
    if not tokens:
        raise _NotPlainError
    return tokens.pop()
