"""`expand[]`: ids in an answer become the objects behind them (docs.stripe.com/api/expanding_objects)."""

from collections.abc import Collection, Sequence
from typing import Any

from provisioner.sandbox.errors import StripeError, invalid
from provisioner.sandbox.resource import Resource
from provisioner.sandbox.tx import Tx

Json = dict[str, Any]

_DEEPEST = 4


def expanded(tx: Tx, resource: Resource, shown: Json, paths: Sequence[str], *, reading: bool = True) -> Json:
    """
    The answer with each path (`balance_transaction`, `data.card.replaced_by`) expanded.

    `reading` says whether the request is a GET, which alone may be told what is guarded.
    Raises StripeError (400) for a path that is too deep or cannot be expanded.
    """
    for path in paths:
        parts = path.split(".")
        if len(parts) > _DEEPEST:
            raise invalid(f"You cannot expand more than {_DEEPEST} levels of a property ({path}).", "expand")
        if shown.get("object") != "list":
            secret = resource.secret.keys() - (frozenset() if reading else resource.guarded)
            _expand(tx, resource, shown, parts, path, secret)
        elif parts[0] != "data" or len(parts) == 1:
            raise _impossible(path)
        else:
            for item in shown["data"]:
                _expand(tx, resource, item, parts[1:], path)
    return shown


def _expand(
    tx: Tx, resource: Resource, shown: Json, parts: list[str], path: str, secret: Collection[str] = ()
) -> None:
    if not parts:
        return
    first, rest = parts[0], parts[1:]
    if not rest and first in secret:
        shown |= resource.secret[first](tx, shown)
        return
    inside = resource.embedded.get(first)
    target = inside or resource.expandable.get(first)
    if target is None:
        raise _impossible(path)
    value = shown.get(first)
    if isinstance(value, str):
        found = tx.get(target(), value)
        if found is None:
            return
        shown[first] = value = target().show(tx, found)
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            _expand(tx, target(), item, rest, path)


def _impossible(path: str) -> StripeError:
    return invalid(f"This property cannot be expanded ({path}).", "expand")
