"""Values with one thing wrong in them, at any place: another value, none, or one more."""

import copy
from collections.abc import Iterator
from typing import Any

GONE = object()
Place = tuple[str | int, ...]


def places(value: Any, items: int | None = None, at: Place = ()) -> Iterator[Place]:
    """Every place inside a value; of each list the first `items` only."""
    below = value.items() if isinstance(value, dict) else ()
    for name, inner in enumerate(value[:items]) if isinstance(value, list) else below:
        yield (*at, name)
        yield from places(inner, items, (*at, name))


def replaced(value: Any, place: Place, other: Any) -> Any:
    """A copy of the value with another one at a place, or with none if that is `GONE`."""
    if not place:
        return None if other is GONE else other
    name, out = place[0], copy.copy(value)
    if len(place) > 1:
        out[name] = replaced(value[name], place[1:], other)
    elif other is GONE:
        del out[name]
    else:
        out[name] = other
    return out
