"""One look at what a key may do and how Stripe answers it; nothing here can write anything."""

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from msgspec import Struct, field

from provisioner.core.model.errors import AccessError, ProvisionerError, StripeError
from provisioner.stripe_api.answers import ANSWERS
from provisioner.stripe_api.client import Transport

MISSING = "provisionerdoctor"  # the end of an id that no object has
NOT_FOUND, BAD_REQUEST = 404, 400
UNREACHABLE = 0


class Probe(Struct, frozen=True):
    """
    What came of one request.

    `allowed` is None where the answer says nothing about permissions; `skew` is how many seconds this
    machine's clock is ahead of Stripe's (to a second), `took` how long the answer took.
    """

    allowed: bool | None
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""
    skew: float | None = None
    took: float = 0.0
    reached: bool = True


def read(transport: Transport, resource: str, params: Mapping[str, Any] | None = None) -> Probe:
    """Make one GET; raises nothing of Stripe's."""
    begun = time.monotonic()
    try:
        look = ANSWERS.page_of(resource) if params else ANSWERS.object_of(resource)
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
    Ask whether a key may write, by changing an object that does not exist: that writes nothing.

    That Stripe looks at the permission before it looks for the object is [?]; where it should be the
    other way round, this says `allowed` of what is not.
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
