"""Stripe's errors in our words, with nothing in them that should not be seen."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import stripe

from provisioner.core.problem import AccessError, ProvisionerError, StripeError

_KEYS = re.compile(r"\b(?:sk|rk|pk|whsec|ek)_[A-Za-z0-9_*]+")
_SHORTEST = 3
REDACTED = "(redacted)"

UNREACHABLE = 0


def translate(error: stripe.StripeError, params: Mapping[str, Any]) -> ProvisionerError:
    """
    Turn the SDK's error into one of ours.

    Keys and every value that was sent are taken out of the message: Stripe likes to quote them.
    """
    text = redact(error.user_message or type(error).__name__, params)
    status, request_id = error.http_status or UNREACHABLE, error.request_id or ""
    if isinstance(error, stripe.AuthenticationError):
        return AccessError(f"Stripe refuses the key: {text}")
    if isinstance(error, stripe.PermissionError):
        return AccessError(f"the key lacks a permission: {text}")
    if isinstance(error, stripe.APIConnectionError):
        return StripeError("Stripe could not be reached", status=UNREACHABLE, code="api_connection_error")
    kind = error.error.type if error.error is not None else None
    code = error.code or _code(error) or kind or ""
    param = getattr(error, "param", None)
    where = f"{param}: " if param else ""
    return StripeError(
        f"Stripe answers {status} {code}: {where}{text}", status=status, code=code, request_id=request_id
    )


def _code(error: stripe.StripeError) -> str | None:
    body = error.json_body
    details = body.get("error") if isinstance(body, Mapping) else None
    return details.get("code") or details.get("type") if isinstance(details, Mapping) else None


def redact(text: str, params: Mapping[str, Any]) -> str:
    """Take keys, and values that were sent, out of a text."""
    text = _KEYS.sub(REDACTED, text)
    for value in sorted(set(_texts(params)), key=len, reverse=True):
        if len(value) >= _SHORTEST:
            text = text.replace(value, REDACTED)
    return text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
