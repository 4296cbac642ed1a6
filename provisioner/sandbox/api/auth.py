"""Authentication by a secret key, as Basic or Bearer (docs.stripe.com/api/authentication)."""

import base64
import binascii
import contextlib
import hmac
import re

from provisioner.sandbox.state.errors import ApiError

_SECRET_TEST = ("sk_test_", "rk_test_")
_PREFIX = re.compile("[a-z]{2,4}_(?:test|live)_")
_SHOWN = 4


def key_of(authorization: str, only: str = "") -> str:
    """
    Return the test-mode key in an `Authorization` header.

    Raises ApiError: 401 without a key, for a live key, for anything that is not a secret key, and for another
    key than `only`, if that is given; 403 for a publishable one.
    """
    scheme, _, value = authorization.strip().partition(" ")
    key = value.strip() if scheme.lower() == "bearer" else ""
    if scheme.lower() == "basic":
        with contextlib.suppress(binascii.Error, UnicodeDecodeError):
            key = base64.b64decode(value, validate=True).decode().partition(":")[0]
    if not key:
        raise ApiError(
            401,
            "You did not provide an API key. Give it as `Authorization: Bearer YOUR_KEY`, or as the user "
            "name of HTTP Basic authentication.",
            headers={"WWW-Authenticate": 'Basic realm="Stripe"'},
        )
    if key.startswith("pk_"):
        raise ApiError(
            403,
            "This call cannot be made with a publishable key; use a secret one.",
            code="secret_key_required",
        )
    if key.startswith(("sk_live_", "rk_live_")):
        raise ApiError(
            401, f"Invalid API Key provided: {masked(key)}. This sandbox takes test-mode keys only."
        )
    unknown = bool(only) and not hmac.compare_digest(key.encode(), only.encode())
    if not key.startswith(_SECRET_TEST) or len(key) <= len(_SECRET_TEST[0]) or unknown:
        raise ApiError(401, f"Invalid API Key provided: {masked(key)}")
    return key


def masked(key: str) -> str:
    """
    Return a key as Stripe's messages show it: `sk_test_****************abcd`.

    That is its prefix, if it has one, and its last four characters
    (github.com/stripe/stripe-node/issues/361). If four or fewer follow the prefix, none of them is shown.
    """
    prefix = _PREFIX.match(key)
    start = prefix.end() if prefix else 0
    end = len(key) - _SHOWN if len(key) - start > _SHOWN else len(key)
    return key[:start] + "*" * (end - start) + key[end:]
