"""What stands on one line of plain YAML behind a key: a text, a number, a quoted text, a flow collection."""

import re
from functools import lru_cache
from typing import Any

from msgspec import Struct, field

from provisioner.config.scalar import LONGEST_KEY, Odd, plain

MANY_ALIKE = 2000  # keys that are remembered as texts
MANY = 100  # values of a text from which on it is worth it to learn the keys of its rows
ROWS = 8  # how many sets of keys are learned
DEEPEST = 20  # collections within each other

_FIRST, _INNER = r"[\w./+(]", r"\w./+()&'%=~^@ -"
_MORE = rf"[{_INNER}]*"
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
_PAIR = re.compile(rf"({_KEY}): ({_VALUE})")
_QUOTES = frozenset("\"'")


class NotPlainError(Exception):
    """The text holds something that is left to the full reader."""


class Values(Struct):
    """The values of a text; the same object for the same writing."""

    known: dict[str, Any] = field(default_factory=dict)
    rows: list[tuple[re.Pattern[str], list[str]]] = field(default_factory=list)

    def of(self, text: str) -> Any:
        """Return the value that is written so; raises NotPlainError."""
        value = self.known.get(text)
        if value is None:
            value = self.known[text] = self._read(text)
        return value

    def _read(self, text: str) -> Any:
        if _PLAIN.fullmatch(text):
            return full(plain(text.rstrip(" ")))
        remark = text.find(" #")
        if remark > 0 and not _QUOTES & set(text[:remark]):
            return self._read(text[:remark])
        first = text[0]
        if first in "[{":
            return self._row(text) if first == "{" else _flow(text)
        if first in "\"'":
            quoted = _QUOTED.fullmatch(text.rstrip(" "))
            return full(quoted[1] or quoted[2] if quoted else None)
        raise NotPlainError

    def _row(self, text: str) -> Any:
        for pattern, names in self.rows:
            if found := pattern.fullmatch(text):
                return dict(zip(names, map(self.of, found.groups()), strict=True))
        if not _ROW.fullmatch(text):
            return _flow(text)
        pairs = _PAIR.findall(text)
        row = {key: self.of(value) for key, value in pairs}
        if len(row) < len(pairs) or not all(map(_is_text, row)):
            raise NotPlainError
        if len(self.known) > MANY and len(self.rows) < ROWS:
            alike = ", *".join(f"{re.escape(key)}: ({_VALUE})" for key in row)
            self.rows.append((re.compile(f"{{ *{alike}}}"), list(row)))
        return row


@lru_cache(maxsize=MANY_ALIKE)
def _is_text(key: str) -> bool:
    return type(plain(key)) is str


def full(value: Any) -> Any:
    """A value that declares something and that all readers read alike."""
    if value is None or value == "" or type(value) is Odd:
        raise NotPlainError
    return value


def _flow(text: str) -> Any:
    tokens: list[tuple[str, Any]] = []
    at = 0
    while at < len(text):
        token = _FLOW.match(text, at)
        if token is None:
            raise NotPlainError
        kind = str(token.lastgroup)
        raw = token[kind]
        value = plain(raw.rstrip(" ")) if kind == "plain" else raw
        tokens.append(("sign", raw) if kind == "sign" else ("value", full(value)))
        at = token.end()
    tokens.reverse()
    value = _collection(tokens, 0)
    if tokens:
        raise NotPlainError
    return value


def _collection(tokens: list[tuple[str, Any]], depth: int) -> Any:
    """The value that the (reversed) tokens begin with; takes them away."""
    kind, value = _next(tokens)
    if kind == "value":
        return value
    if value not in "[{" or depth > DEEPEST:
        raise NotPlainError
    mapping: dict[str, Any] = {}
    items: list[Any] = []
    while True:
        item = _collection(tokens, depth + 1)
        if value == "[":
            items.append(item)
        elif not _is_new_key(item, mapping) or _next(tokens) != ("sign", ":"):
            raise NotPlainError
        else:
            mapping[item] = _collection(tokens, depth + 1)
        end = _next(tokens)
        if end == ("sign", "]" if value == "[" else "}"):
            return items if value == "[" else mapping
        if end != ("sign", ","):
            raise NotPlainError


def _is_new_key(item: Any, mapping: dict[str, Any]) -> bool:
    return type(item) is str and len(item) <= LONGEST_KEY and item not in mapping


def _next(tokens: list[tuple[str, Any]]) -> tuple[str, Any]:
    if not tokens:
        raise NotPlainError
    return tokens.pop()
