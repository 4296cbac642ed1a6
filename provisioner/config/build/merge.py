"""Laying blocks over each other: profiles, resources, environments. Nothing here changes its arguments."""

from collections.abc import Collection
from typing import Any

_PAIRED = {"allowed_": "blocked_", "blocked_": "allowed_"}
_PREFIX = len("allowed_")


def lay_over(base: Any, over: Any) -> Any:
    """
    Return `over` laid over `base`: mappings are merged key by key, everything else is replaced.

    A null stays, so that it can take away what lies below. An `allowed_` list takes away the matching
    `blocked_` list below it, and the other way round, since Stripe takes only one of the two.
    """
    if not (base and isinstance(base, dict) and isinstance(over, dict)):
        return over
    merged = dict(base)
    for key, value in over.items():
        merged[key] = lay_over(merged[key], value) if key in merged else value
        other = _PAIRED.get(key[:_PREFIX])
        if other and value and (twin := other + key[_PREFIX:]) not in over:
            merged.pop(twin, None)
    return merged


def prune(value: Any, says: Collection[str] = ()) -> Any:
    """
    Return `value` without the keys that declare nothing: null, an empty list, an empty mapping.

    An empty value of one of the keys that it `says` something of stays, as what is declared to be empty.
    The very same object comes back when there are none.
    """
    if isinstance(value, dict):
        kept = {key: prune(item) for key, item in value.items()}
        full = {
            key: item
            for key, item in kept.items()
            if item is not None and (item not in ([], {}) or key in says)
        }
        same = len(full) == len(value) and all(full[key] is item for key, item in value.items())
        return value if same else full
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        items = [prune(item) for item in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    return value
