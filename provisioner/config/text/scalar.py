"""Reads unquoted YAML scalars, and detects those that YAML readers interpret differently."""

import re
from typing import Any

from msgspec import Struct

LONGEST_SHOWN = 60
LONGEST_KEY = 200
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_WORDS: dict[str, Any] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **{s: True for word in ("true", "yes", "on") for s in (word, word.capitalize(), word.upper())},
    **{s: False for word in ("false", "no", "off") for s in (word, word.capitalize(), word.upper())},
}
# scalars that YAML 1.1 or 1.2 reads as something other than a string
_ODD = tuple(
    (re.compile(pattern), what)
    for pattern, what in (
        (r"[-+]?[0-9]{19,}", "a number with too many digits"),
        (r"[-+]?0[0-7_]+|[-+]?0o[0-7]+", "an octal number"),
        (r"[-+]?0[0-9_]+", "a number with a leading zero"),
        (r"[-+]?0x[0-9a-fA-F_]+|[-+]?0b[01_]+", "a hexadecimal or binary number"),
        (r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?", "a number in base 60"),
        (r"[-+]?[0-9][0-9_]*", "a number with underscores"),
        (r"[-+]?(?:[0-9][0-9_]*)?\.[0-9_]+(?:[eE][-+]?[0-9]+)?", "a number with a fraction"),
        (r"[-+]?[0-9][0-9_]*\.?(?:[eE][-+]?[0-9]+)?", "a number with a fraction"),
        (r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", "a number with a fraction"),
        (r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?", "a date"),
    )
)
_ANY_ODD = re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _ in _ODD))
_MAYBE_NUMBER = frozenset("0123456789+-.")


class Odd(Struct, frozen=True):
    """A scalar that is not a string, whole number, boolean or null; no field accepts one."""

    raw: str
    """The scalar as written."""
    what: str
    """The type that YAML gives it, for messages: `a date`."""


BROKEN = Odd("", "")  # replaces a value whose problems have been reported already


class Secret(str):
    """A string from the environment or from a file, which may be used but not shown."""

    __slots__ = ()


class SecretNumber(int):
    """A whole number from the environment or from a file, which may be used but not shown."""

    __slots__ = ()


_OUTSIDE = frozenset((Secret, SecretNumber))


def from_outside(value: object) -> bool:
    """Return whether a value came from the environment or a file, so that it must not be shown."""
    return type(value) in _OUTSIDE


def number_in(text: str) -> int | None:
    """Parse a string as a whole number in YAML's notation; return None for any other string."""
    return int(text) if _INTEGER.fullmatch(text) else None


def shown(text: str) -> str:
    """Quote a string for a message; a secret is replaced, and a long string is cut."""
    if isinstance(text, Secret):
        return "this value"
    return repr(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}...")


def plain(raw: str) -> Any:
    """Convert the unquoted scalar `raw` to a str, int, bool, None or Odd."""
    if raw[:1] not in _MAYBE_NUMBER:
        return _WORDS.get(raw, raw)
    if _INTEGER.fullmatch(raw):
        return int(raw)
    if not _ANY_ODD.fullmatch(raw):
        return raw
    return Odd(raw, next(what for pattern, what in _ODD if pattern.fullmatch(raw)))
