"""Events: what has happened, for 30 days (docs.stripe.com/api/events)."""

from typing import Any

from provisioner.sandbox.changes import EVENT
from provisioner.sandbox.crud import retrieve
from provisioner.sandbox.listing import page
from provisioner.sandbox.route import Call, Route

Json = dict[str, Any]

_URL = "/v1/events"


def listed(call: Call) -> Json:
    """A page of events."""
    return page(call.tx, EVENT, call.params, _URL)


ROUTES = (
    Route("GET", _URL, listed, "EventListParams", "event", EVENT),
    Route("GET", _URL + "/{id}", retrieve(EVENT), "EventRetrieveParams", "event", EVENT),
)
