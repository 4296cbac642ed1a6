"""The `Stripe-Version` of a request: docs.stripe.com/api/versioning."""

import datetime as dt
import re

from provisioner.sandbox.api import schema
from provisioner.sandbox.registry import Route
from provisioner.sandbox.rules.common.changes import API_VERSION
from provisioner.sandbox.state.errors import invalid

_FORM = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(\.[a-z]+)?")
# The parameter for which the SDK lists all versions.
_KNOWN = "WebhookEndpointCreateParams.api_version"
_PREVIEW = ".preview"


def of(asked: str | None, route: Route) -> str:
    """
    Return the version that a request asks for, or the sandbox's version.

    Raises ApiError (400) for a version that never existed, for one in which the route did not exist yet, and
    for none if the route needs one. Versions newer than the SDK's and previews are unknown; they are accepted
    if they begin with a date.
    """
    if not asked:
        if route.needs_version:
            raise invalid("This endpoint needs a Stripe-Version header.")
        return API_VERSION
    never = invalid(f"Invalid Stripe API version: {asked}")
    form = _FORM.fullmatch(asked)
    if form is None:
        raise never
    try:
        dt.date.fromisoformat(form[1])
    except ValueError:
        raise never from None
    if form[1] <= API_VERSION[:10] and form[2] != _PREVIEW and asked not in schema.values(_KNOWN):
        raise never
    if form[1] < route.since:
        raise invalid(
            f"This endpoint needs a Stripe-Version of {route.since} or later; the request has {asked}."
        )
    return asked
