"""
Permissions of restricted keys: none, read, or write, by scope (docs.stripe.com/keys/restricted-api-keys).

An `rk_test_` key that was never restricted may do everything. Stripe's names of Issuing's permissions are not
public; the sandbox uses `rak_` + scope + `_read` or `_write`.
"""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.state.errors import ApiError
from provisioner.sandbox.state.objects import Tx

_KEPT = "restricted_keys"
_LEVELS = {"none": 0, "read": 1, "write": 2}


def restrict(own: Tx, key: str, granted: Mapping[str, str]) -> dict[str, Any]:
    """
    Give a key exactly these permissions; scopes that are not named get `none`.

    Raises ValueError for a key that is not an rk_test_ key, and for an unknown level.
    """
    if not key.startswith("rk_test_"):
        raise ValueError("only rk_test_ keys can be restricted")
    if unknown := sorted(set(granted.values()) - _LEVELS.keys()):
        raise ValueError(f"{unknown[0]} is not one of {', '.join(_LEVELS)}")
    own.remember(_KEPT, {**own.recall(_KEPT, {}), key: dict(granted)})
    return {"key": key, "permissions": dict(granted)}


def require(own: Tx, key: str, scope: str, method: str, *, connected: bool) -> None:
    """Check the permissions of a key for a request; raises ApiError (403) that names a missing one."""
    granted = own.recall(_KEPT, {}).get(key) if key.startswith("rk_") else None
    if granted is None:
        return
    level = "read" if method == "GET" else "write"
    for needed in (scope, *(("connected_account",) if connected else ())):
        if _LEVELS[granted.get(needed, "none")] < _LEVELS[level]:
            raise ApiError(
                403,
                f"The provided key does not have the required permissions for this endpoint. Having the "
                f"'rak_{needed}_{level}' permission would allow this request to continue.",
            )
