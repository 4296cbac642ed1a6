"""Events, which are kept for 30 days (docs.stripe.com/api/events)."""

from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route
from provisioner.sandbox.rules.common.changes import EVENT
from provisioner.sandbox.rules.common.listing import page
from provisioner.sandbox.state.errors import exclusive, invalid, no_such

Json = dict[str, Any]

_KEPT = 30 * 86_400
_MOST_TYPES = 20
_URL = "/v1/events"
_TYPED = (
    "EXISTS (SELECT 1 FROM lookup x WHERE x.account=o.account AND x.kind='event' AND x.field='type' "
    "AND x.seq=o.seq AND {0})"
)
_UNDELIVERED = "EXISTS (SELECT 1 FROM deliveries d WHERE d.event=o.id)"


def listed(call: HandlerCall) -> Json:
    """Return a page of events: of one type, of a group of types (`issuing_card.*`), of several, or of all."""
    params = dict(call.params)
    types = params.pop("types", None)
    if types is not None and "type" in params:
        raise exclusive("type", "types")
    if types is not None and len(types) > _MOST_TYPES:
        raise invalid(f"You may give up to {_MOST_TYPES} types.", "types")
    extra: list[tuple[str, list[Any]]] = [("o.created > ?", [call.tx.now - _KEPT])]
    if types:
        extra.append((_TYPED.format(f"x.value IN ({', '.join('?' * len(types))})"), types))
    if "*" in params.get("type", ""):
        extra.append((_TYPED.format("x.value GLOB ?"), [params.pop("type")]))
    delivered = params.pop("delivery_success", None)
    if delivered is not None:
        extra.append((f"NOT {_UNDELIVERED}" if delivered else _UNDELIVERED, []))
    return page(call.tx, EVENT, params, _URL, extra)


def retrieve(call: HandlerCall) -> Json:
    """Return one event, unless it is too old."""
    event = call.tx.fetch(EVENT, call.id)
    if event["created"] <= call.tx.now - _KEPT:
        raise no_such(EVENT.noun, call.id, "id")
    return EVENT.show(call.tx, event)


ROUTES = (
    Route("GET", _URL, listed, "EventListParams", "event", EVENT),
    Route("GET", _URL + "/{id}", retrieve, "EventRetrieveParams", "event", EVENT),
)
