"""Declared values in the place of live ones: what is in sync adds up to the same, and need not be read."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from provisioner.core.model.resource import Address, Declared, Live, Ownership
from provisioner.core.schema.field import Field, Shape
from provisioner.core.schema.kind import Kind


class Likeness(IntEnum):
    """What stands for an object where a plan adds up what may be spent, and by whose cards."""

    NOTHING = 0  # it must be read
    DECLARED = 1
    WITH_NOISE = 2  # what is declared, and what Stripe adds by itself


def likeness(kind: Kind, declared: Declared | None, live: Live) -> Likeness:
    """
    What stands for an object that is in sync.

    One that is not declared counts only as long as it is active.
    """
    if declared is None:
        return Likeness.NOTHING if live.status == "active" else Likeness.DECLARED
    counted = _counted(kind, live.fields)
    for like in (Likeness.DECLARED, Likeness.WITH_NOISE):
        if _counted(kind, _fields(kind, declared, like)) == counted:
            return like
    return Likeness.NOTHING


def stand_in(kind: Kind, declared: Declared, identity: str, like: Likeness) -> Live:
    """An object that is in sync, as far as it counts; its stamp says nothing."""
    return Live(declared.address, identity, _fields(kind, declared, like), UNREAD)


UNREAD = Ownership("", Address("", ""))


def _counted(kind: Kind, fields: Mapping[str, Any]) -> list[Any]:
    """What a plan takes into account of an object that it does not change."""
    if kind.pool is not None:
        return [kind.pool(fields)]
    if kind.spending is None:
        return []
    refs = [fields.get(field.name) for field in kind.fields if field.shape is Shape.REF]
    return [kind.spending.exposure(fields), fields.get("currency"), *refs]


def _fields(kind: Kind, declared: Declared, like: Likeness) -> Mapping[str, Any]:
    return _noisy(kind.fields, declared.fields) if like is Likeness.WITH_NOISE else declared.fields


def _noisy(fields: Sequence[Field], declared: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(declared)
    for field in fields:
        if field.shape is Shape.HASH and (below := _noisy(field.fields, declared.get(field.name, {}))):
            out[field.name] = below
        elif field.server_defaults:
            out.setdefault(field.name, field.server_defaults[0])
    return out
