"""Webhook endpoints, which events are sent to (docs.stripe.com/api/webhook_endpoints)."""

from typing import Any
from urllib.parse import urlsplit

from provisioner.sandbox.registry import HandlerCall, Route, registered
from provisioner.sandbox.rules.common.listing import listed, retrieve
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Resource, new_id, without_private

Json = dict[str, Any]


WEBHOOK_ENDPOINT = registered(Resource("webhook_endpoint", "we_", "webhook endpoint", show=without_private))
_MOST = 16


def create(call: HandlerCall) -> Json:
    """Create an endpoint; only this response contains its secret."""
    tx, params = call.tx, call.params
    if len(list(tx.all(WEBHOOK_ENDPOINT))) >= _MOST:
        raise invalid(f"You have reached the maximum of {_MOST} test webhook endpoints.")
    endpoint: Json = {
        "id": new_id(WEBHOOK_ENDPOINT.prefix),
        "object": "webhook_endpoint",
        "api_version": params.get("api_version"),
        "application": None,
        "created": tx.now,
        "description": params.get("description") or None,
        "enabled_events": _events(params["enabled_events"]),
        "livemode": False,
        "metadata": merged({}, params),
        "status": "enabled",
        "url": _url(params["url"]),
        "_connect": params.get("connect", False),
        "_secret": new_id("whsec_", 32),
    }
    tx.add(WEBHOOK_ENDPOINT, endpoint)
    return {**without_private(tx, endpoint), "secret": endpoint["_secret"]}


def update(call: HandlerCall) -> Json:
    """Update an endpoint."""
    tx, params = call.tx, call.params
    endpoint = tx.fetch(WEBHOOK_ENDPOINT, call.id)
    endpoint["metadata"] = merged(endpoint["metadata"], params)
    if "url" in params:
        endpoint["url"] = _url(params["url"])
    if "description" in params:
        endpoint["description"] = params["description"] or None
    if "enabled_events" in params:
        endpoint["enabled_events"] = _events(params["enabled_events"])
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    tx.put(WEBHOOK_ENDPOINT, endpoint)
    return without_private(tx, endpoint)


def delete(call: HandlerCall) -> Json:
    """Delete an endpoint and its pending deliveries."""
    call.tx.fetch(WEBHOOK_ENDPOINT, call.id)
    call.tx.remove(WEBHOOK_ENDPOINT, call.id)
    call.tx.db.execute("DELETE FROM deliveries WHERE endpoint=?", (call.id,))
    return {"id": call.id, "object": "webhook_endpoint", "deleted": True}


def _events(asked: list[str]) -> list[str]:
    if not asked:
        raise invalid("Give at least one event.", "enabled_events", "parameter_invalid_empty")
    return list(dict.fromkeys(asked))


def _url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise invalid(
            "Invalid URL: an explicit scheme (such as https) must be provided.", "url", "url_invalid"
        )
    return url


_URL = "/v1/webhook_endpoints"
_ONE = _URL + "/{id}"
_SCOPE = "webhook"
ROUTES = (
    Route("POST", _URL, create, "WebhookEndpointCreateParams", _SCOPE, WEBHOOK_ENDPOINT),
    Route("GET", _URL, listed(WEBHOOK_ENDPOINT, _URL), "WebhookEndpointListParams", _SCOPE, WEBHOOK_ENDPOINT),
    Route("GET", _ONE, retrieve(WEBHOOK_ENDPOINT), "WebhookEndpointRetrieveParams", _SCOPE, WEBHOOK_ENDPOINT),
    Route("POST", _ONE, update, "WebhookEndpointUpdateParams", _SCOPE, WEBHOOK_ENDPOINT),
    Route("DELETE", _ONE, delete, "WebhookEndpointDeleteParams", _SCOPE, WEBHOOK_ENDPOINT),
)
