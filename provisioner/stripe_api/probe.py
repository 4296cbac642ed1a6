"""Requests that find out what a key may do; none of them changes anything in Stripe."""

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from msgspec import Struct, field

from provisioner.core.model.errors import AccessError, ProvisionerError, StripeError
from provisioner.stripe_api.answers import Answers
from provisioner.stripe_api.client import Transport

MISSING = "provisionerdoctor"  # a part of an id that no object has
NOT_FOUND, BAD_REQUEST = 404, 400
UNREACHABLE = 0


class Probe(Struct, frozen=True):
    """The result of one request."""

    allowed: bool | None
    """True if the key may make the request; None if the response does not say."""
    text: str = ""
    """The error message; empty without an error."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """The values in the response."""
    version: str = ""
    """The API version of the response."""
    skew: float | None = None
    """The number of whole seconds by which this machine's clock is ahead of Stripe's."""
    took: float = 0.0
    """The seconds until the response came."""
    reached: bool = True
    """False if there was no response."""


def read(
    transport: Transport, answers: Answers, resource: str, params: Mapping[str, Any] | None = None
) -> Probe:
    """Make one GET request; errors are returned in the result."""
    begun = time.monotonic()
    try:
        look = answers.page_of(resource) if params else answers.object_of(resource)
        answer = transport.send("GET", resource, params or {}, read=look)
    except ProvisionerError as error:
        return _refused(error)
    headers = answer.headers
    return Probe(
        allowed=True,
        data=answer.data,
        version=str(headers.get("stripe-version", "")),
        skew=_skew(headers.get("date")),
        took=time.monotonic() - begun,
    )


def write(transport: Transport, resource: str, prefix: str) -> Probe:
    """
    Find out whether a key may write, by updating an object that does not exist, which changes nothing.

    It is undocumented [?] that Stripe checks the permission before it looks for the object. If it is the
    other way around, the result says `allowed` although the key may not write.
    """
    try:
        transport.send("POST", f"{resource}/{prefix}{MISSING}", {})
    except StripeError as error:
        if error.status in (NOT_FOUND, BAD_REQUEST):
            return Probe(allowed=True)
        return _refused(error)
    except ProvisionerError as error:
        return _refused(error)
    return Probe(allowed=None, text="Stripe returned an object that cannot exist")


def _refused(error: ProvisionerError) -> Probe:
    status = error.status if isinstance(error, StripeError) else None
    allowed = False if isinstance(error, AccessError) else None
    return Probe(allowed, str(error), reached=status != UNREACHABLE)


def _skew(date: Any) -> float | None:
    try:
        return time.time() - parsedate_to_datetime(str(date)).timestamp()
    except (TypeError, ValueError):
        return None
