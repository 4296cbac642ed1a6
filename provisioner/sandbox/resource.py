"""What the store needs to know of a kind of object: its ids, how it is found, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provisioner.sandbox.tx import Tx

Json = dict[str, Any]


def as_stored(_tx: Tx, stored: Json) -> Json:
    """Show an object just as it is kept."""
    return stored


def one_by_one(_tx: Tx, _bodies: list[str]) -> list[str] | None:
    """No way to show many at once."""
    return None


def as_they_are(_tx: Tx, bodies: list[str]) -> list[str] | None:
    """Show many objects just as they are kept."""
    return bodies


@dataclass(frozen=True)
class Resource:
    """
    One kind of object.

    `object` is Stripe's name for it (`issuing.card`), `prefix` begins its ids, `noun` stands in errors.
    `filters` names the stored fields by which lists can be narrowed and `Tx.find` looks up; `show` turns
    the stored form into the answered one (a card is kept with its cardholder's id and shown with the whole
    cardholder). `expandable` maps a field that holds an id to the kinds that may be behind it (none: those
    that are not kept here), `embedded` a field that holds a whole object (whose own fields may be
    expanded); functions, because kinds refer to each other. `secret` fields are shown only when asked for
    with `expand[]` on one object, each by a function that returns what is to be added to it; those in
    `guarded` on a GET alone. `texts` may show many objects at once, from the JSON in which they are kept
    (without private fields, whose names begin with `_`), if that is quicker; None when it cannot.
    """

    object: str
    prefix: str
    noun: str
    filters: tuple[str, ...] = ()
    show: Callable[[Tx, Json], Json] = as_stored
    expandable: Mapping[str, Callable[[], tuple[Resource, ...]]] = field(default_factory=dict)
    embedded: Mapping[str, Callable[[], Resource]] = field(default_factory=dict)
    texts: Callable[[Tx, list[str]], list[str] | None] = one_by_one
    secret: Mapping[str, Callable[[Tx, Json], Json]] = field(default_factory=dict)
    guarded: frozenset[str] = frozenset()
