"""`expand[]`: replaces ids in a response by the objects (docs.stripe.com/api/expanding_objects)."""

from collections.abc import Collection, Sequence
from typing import Any

from provisioner.sandbox.registry import resource_of
from provisioner.sandbox.state.errors import ApiError, invalid
from provisioner.sandbox.state.objects import Resource, Tx

Json = dict[str, Any]

_DEEPEST = 4


def expanded(tx: Tx, resource: Resource, shown: Json, paths: Sequence[str], *, reading: bool) -> Json:
    """
    Return the response with each path (`balance_transaction`, `data.card.replaced_by`) expanded.

    `reading` is set for GET requests; only they may expand guarded fields. Raises ApiError (400) for a path
    that is too deep or cannot be expanded.
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
                _expand(tx, resource, item, parts[1:], path, resource.secret.keys() - resource.guarded)
    return shown


def _expand(
    tx: Tx, resource: Resource, shown: Json, parts: list[str], path: str, secret: Collection[str] = ()
) -> None:
    if not parts:
        return
    first, rest, secret_path = parts[0], parts[1:], ".".join(parts)
    if secret_path in secret:
        shown |= resource.secret[secret_path](tx, shown)
        return
    if first in resource.embedded:
        inside, value = resource_of(resource.embedded[first]), shown.get(first)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                _expand(tx, inside, item, rest, path)
    elif first in resource.expandable:
        kinds = [resource_of(name) for name in resource.expandable[first]]
        _follow(tx, kinds, shown, parts, path)
    else:
        raise _impossible(path)


def _follow(tx: Tx, kinds: Sequence[Resource], shown: Json, parts: list[str], path: str) -> None:
    """
    Replace an id by its object, unless an earlier path did so.

    If the object can be of several kinds, a field of one kind may be requested of all (`data.source.card`).
    """
    first, rest = parts[0], parts[1:]
    value = shown.get(first)
    object_id = str(value["id"] if isinstance(value, dict) else value)
    kind = next((one for one in kinds if object_id.startswith(one.prefix)), None)
    if kind is None:
        return
    if not isinstance(value, dict):
        found = tx.get(kind, object_id)
        if found is None:
            return
        shown[first] = value = kind.show(tx, found)
    having = [one for one in kinds if rest and rest[0] in (*one.expandable, *one.embedded)]
    if kind in having or not having:
        _expand(tx, kind, value, rest, path)


def _impossible(path: str) -> ApiError:
    return invalid(f"This property cannot be expanded ({path}).", "expand")
