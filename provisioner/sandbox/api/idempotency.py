"""
Idempotency keys (docs.stripe.com/api/idempotent_requests, docs.stripe.com/error-low-level).

Once the handler has begun, the first response is stored for 24 hours of the sandbox's clock, in the same
transaction as the changes; this includes errors. Errors before that (key, rate limit, malformed parameters)
are not stored.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from provisioner.sandbox.registry import UploadedFile
from provisioner.sandbox.state.errors import ApiError, invalid
from provisioner.sandbox.state.objects import Tx

_LONGEST = 255
_KEPT = 24 * 3600


def key_of(request: Request) -> str | None:
    """Return the request's key, or None; raises ApiError if it is too long."""
    key = request.headers.get("idempotency-key") or None
    if key is not None and len(key) > _LONGEST:
        raise invalid(f"Idempotency keys may be up to {_LONGEST} characters long; this one has {len(key)}.")
    return key


def in_use(key: str) -> ApiError:
    """Return the error for a request whose key is in use by another request."""
    return ApiError(
        409,
        f"Another request is in progress under the idempotency key {key!r}.",
        code="idempotency_key_in_use",
    )


def digest(method: str, path: str, params: Mapping[str, Any]) -> str:
    """Return a digest of all that must be the same when a key is reused; it contains no personal data."""
    text = json.dumps([method, path, params], sort_keys=True, default=UploadedFile.digest)
    return hashlib.sha256(text.encode()).hexdigest()


def replay(tx: Tx, key: str, asked: str) -> tuple[int, str, dict[str, str]] | None:
    """
    Return the stored response for a key (status, body, headers), or None.

    Raises ApiError (`idempotency_error`) if the key was first used for another request.
    """
    row = tx.db.execute(
        "SELECT request, status, body, request_id FROM answers WHERE account=? AND key=? AND at > ?",
        (tx.account, key, tx.now - _KEPT),
    ).fetchone()
    if row is None:
        return None
    if row[0] != asked:
        raise ApiError(
            400,
            "Keys for idempotent requests can only be used with the same endpoint and parameters they were "
            f"first used with. Use another key than '{key}' for a different request.",
            "idempotency_error",
        )
    return row[1], row[2], {"Idempotent-Replayed": "true", "Idempotency-Key": key, "Original-Request": row[3]}


def keep(tx: Tx, key: str, asked: str, status: int, body: str) -> None:
    """Store a response under its key, and delete those that are older than a day."""
    tx.db.execute("DELETE FROM answers WHERE at <= ?", (tx.now - _KEPT,))
    tx.db.execute(
        "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)",
        (tx.account, key, tx.now, asked, status, body, tx.origin.id),
    )
