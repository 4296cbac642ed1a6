"""Stripe's form encoding, as its clients write it."""

from collections.abc import Iterator, Mapping
from typing import Any


def flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The pairs of a form that nested values make: `a[b][0]=c`; what is None is not sent."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from flat(item, f"{name}[{key}]" if name else key)
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from flat(item, f"{name}[{i}]")
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif value is not None:
        yield name, str(value)
