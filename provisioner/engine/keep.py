"""What is kept of a live object: its fields in normal form, its marks, and nothing empty.

A page holds several times as much (every card brings its whole cardholder along), and a large account
has thousands of pages.
"""

from collections.abc import Callable, Mapping
from typing import Any

from provisioner.core import normal
from provisioner.core.kind import Kind

Item = Mapping[str, Any]


def keeper(kind: Kind) -> Callable[[Item], Item]:
    """How to reduce an object of this kind; one of a kind without objects of its own stays whole."""
    return normal.keeper(kind.fields) if kind.owns_objects else _whole


def _whole(item: Item) -> Item:
    return item
