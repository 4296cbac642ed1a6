"""Events, which are kept for 30 days (docs.stripe.com/api/events)."""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Preparation, Route, resource_of
from provisioner.sandbox.rules.common.changes import EVENT
from provisioner.sandbox.rules.common.listing import page
from provisioner.sandbox.rules.events.webhook_endpoint import WEBHOOK_ENDPOINT
from provisioner.sandbox.state.errors import exclusive, invalid, no_such
from provisioner.sandbox.state.objects import Tx

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


def retry(call: HandlerCall) -> Json:
    """Send an event again: to a webhook endpoint, or to Stripe's command line, which asks for it."""
    tx, params = call.tx, call.params
    where = _home(call)
    event = where.fetch(EVENT, call.id)
    if endpoint_id := params.get("webhook_endpoint"):
        endpoint = tx.fetch(WEBHOOK_ENDPOINT, endpoint_id, "webhook_endpoint")
        tx.db.execute(
            "INSERT INTO deliveries (at, account, event, owner, endpoint, attempt) VALUES (?, ?, ?, ?, ?, 0)",
            (tx.now, where.account, event["id"], tx.account, endpoint["id"]),
        )
    elif not params.get("for_stripecli"):
        raise invalid("Missing required param: webhook_endpoint.", "webhook_endpoint", "parameter_missing")
    elif not call.extra.get("sent"):
        says = (
            "No CLI endpoints found to retry delivery. Run 'stripe listen' and retry the request to see the "
            "event in the CLI, or provide a specific webhook endpoint."
        )
        raise invalid(says, "for_stripecli")
    return EVENT.show(where, event)


async def _resend(given: Preparation) -> Mapping[str, Any]:
    with given.writing() as call:
        where = _home(call)
        if call.params.get("webhook_endpoint") or not call.params.get("for_stripecli"):
            return {}
        if where.get(EVENT, call.id) is None:
            return {}
    return {"sent": given.cli.resend(where.account, call.id)}


def _home(call: HandlerCall) -> Tx:
    """Return the transaction in the account of the event: a connected account if one is named."""
    tx, connected = call.tx, call.params.get("account")
    if not connected:
        return tx
    tx.at_home().fetch(resource_of("account"), connected, "account")
    return Tx(tx.db, connected, tx.now, tx.origin)


ROUTES = (
    Route("GET", _URL, listed, "EventListParams", "event", EVENT),
    Route("GET", _URL + "/{id}", retrieve, "EventRetrieveParams", "event", EVENT),
    Route("POST", _URL + "/{id}/retry", retry, "own.EventRetry", "event", EVENT, prepare=_resend),
)
