"""What is kept of a live object: the fields that a kind has, the marks, the status, and nothing empty.

A page holds several times as much (every card brings its whole cardholder along), and a large account
has thousands of pages.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from provisioner.core.kind import Field, Kind, Shape

Item = Mapping[str, Any]
ALWAYS = ("id", "created", "status", "metadata")


def keeper(kind: Kind) -> Callable[[Item], Item]:
    """How to reduce an object of this kind; one of a kind without objects of its own stays whole."""
    if not kind.owns_objects:
        return _whole
    names = dict.fromkeys(ALWAYS, _as_it_is) | {f.name: _part(f) for f in kind.fields}
    wanted = tuple(names.items())

    def keep(item: Item) -> Item:
        return _reduced(wanted, item)

    return keep


def _whole(item: Item) -> Item:
    return item


Wanted = Sequence[tuple[str, Callable[[Any], Any]]]


def _reduced(wanted: Wanted, item: Item) -> dict[str, Any]:
    return {
        name: part(value) for name, part in wanted if (value := item.get(name)) is not None and value != []
    }


def _as_it_is(value: Any) -> Any:
    return value


def _part(field: Field) -> Callable[[Any], Any]:
    if field.shape is Shape.REF:
        return _identity
    if field.shape is not Shape.HASH:
        return _as_it_is
    wanted = tuple((sub.name, _part(sub)) for sub in field.fields)

    def part(value: Any) -> Any:
        return _reduced(wanted, value) if isinstance(value, Mapping) else value

    return part


def _identity(value: Any) -> Any:
    return value.get("id") if isinstance(value, Mapping) else value
