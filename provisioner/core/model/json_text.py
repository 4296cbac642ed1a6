"""Documents as JSON text, a part at a time: the text of a large plan is never whole in memory."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import UNSET, Struct, to_builtins
from msgspec.structs import asdict

INDENT = "  "


def members(document: Struct) -> dict[str, Any]:
    """Return the members of a document that always writes its defaults, each with its documents inside."""
    return {name: value for name, value in asdict(document).items() if value is not UNSET}


def json_text(document: Struct) -> Iterator[str]:
    """Yield the text of `json.dumps(as_json(document), indent=2)`, each entry of a list by itself."""
    before = "{"
    for name, value in members(document).items():
        yield f'{before}\n{INDENT}"{name}": '
        if isinstance(value, tuple) and value:
            yield from _entries(value)
        else:
            yield _indented(value, INDENT)
        before = ","
    yield "\n}"


def _entries(entries: tuple[Any, ...]) -> Iterator[str]:
    before = "["
    for each in entries:
        yield f"{before}\n{INDENT * 2}{_indented(each, INDENT * 2)}"
        before = ","
    yield f"\n{INDENT}]"


def _indented(value: Any, indent: str) -> str:
    """Return a value as `json.dumps` with an indent writes it, which takes many times as long."""
    text = json.dumps(to_builtins(value))
    # it takes neither NaN nor half of a character, which a forged plan may have
    with suppress(msgspec.DecodeError):
        return msgspec.json.format(text, indent=len(INDENT)).replace("\n", f"\n{indent}")
    return json.dumps(to_builtins(value), indent=len(INDENT)).replace("\n", f"\n{indent}")
