"""The `Stripe-Version` of a request: docs.stripe.com/api/versioning."""

import datetime as dt
import re

from provisioner.sandbox.api import schema
from provisioner.sandbox.rules.common.changes import API_VERSION
from provisioner.sandbox.state.errors import invalid

_FORM = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(\.[a-z]+)?")
# Where the SDK lists the versions that there are.
_KNOWN = "WebhookEndpointCreateParams.api_version"
_PREVIEW = ".preview"


def of(asked: str | None, since: str = "") -> str:
    """
    The version that a request asks for, or the sandbox's own.

    Raises StripeError (400) for one that there never was, and for one before the date `since`. Of
    versions newer than the SDK's, and of previews, none is known; they pass when they begin with a date.
    """
    if not asked:
        return API_VERSION
    form = _FORM.fullmatch(asked)
    if form is None or not _is_date(form[1]):
        raise _no_version(asked)
    if form[1] <= API_VERSION[:10] and form[2] != _PREVIEW and asked not in schema.values(_KNOWN):
        raise _no_version(asked)
    if form[1] < since:
        raise invalid(f"This endpoint needs a Stripe-Version of {since} or later; the request has {asked}.")
    return asked


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _no_version(asked: str) -> Exception:
    return invalid(f"Invalid Stripe API version: {asked}")
