"""The body of an answer as values: all of it, or of the objects of a page only what is wanted of them.

What is not wanted is never made into values at all: every card brings its whole cardholder along.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypedDict

import msgspec

from provisioner.engine.ports import Wanted

Read = Callable[[bytes], Any]

_all = msgspec.json.Decoder()


class _Named(TypedDict, total=False):
    id: Any


def values(body: bytes) -> Any:
    """Return the values of a JSON text. Raises ValueError."""
    try:
        return _all.decode(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None


@lru_cache
def page_of(wanted: Wanted) -> Read:
    """What reads pages of objects of which no more is wanted; what is no such page is read whole."""
    named = {**dict.fromkeys(wanted.names, Any), **dict.fromkeys(wanted.references, _Named | str | None)}
    item = TypedDict("item", named, total=False)  # type: ignore[misc]  # made for a kind
    page = TypedDict("page", {"data": list[item], "has_more": Any}, total=False)  # noqa: UP013  # type: ignore[valid-type]
    decoder = msgspec.json.Decoder(page)

    def read(body: bytes) -> Any:
        try:
            return decoder.decode(body)
        except (msgspec.ValidationError, RecursionError):
            return values(body)

    return read
