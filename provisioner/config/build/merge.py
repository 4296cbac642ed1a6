"""Merges blocks of profiles, resources and environments, without changing the arguments."""

from collections.abc import Collection
from typing import Any

_PAIRED = {"allowed_": "blocked_", "blocked_": "allowed_"}
_PREFIX = len("allowed_")


def lay_over(base: Any, over: Any) -> Any:
    """
    Merge `over` into `base`: mappings are merged key by key, everything else is replaced.

    A null is kept, and removes the value below it. An `allowed_` list removes the corresponding `blocked_`
    list below it, and vice versa, because Stripe accepts only one of the two.
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
    Return `value` without empty keys: null, an empty list or an empty mapping.

    For the keys in `says`, an empty list or mapping is kept, because it is meaningful. If there is nothing to
    remove, the same object is returned.
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
