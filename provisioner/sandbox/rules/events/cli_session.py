"""
Sessions of Stripe's command-line client (github.com/stripe/stripe-cli, pkg/stripeauth).

`stripe listen` and `stripe logs tail` open a session, and then connect to the WebSocket that it names.
"""

import json
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route
from provisioner.sandbox.rules.common.changes import API_VERSION
from provisioner.sandbox.state.errors import invalid
from provisioner.sandbox.state.objects import Resource, new_id

Json = dict[str, Any]

WEBHOOKS = "webhooks"
REQUEST_LOGS = "request_logs"
CLI_SESSION = Resource("stripecli.session", "cliws_", "CLI session", shared=True)
SOCKET_PATH = "/v1/stripecli/socket"

_URL = "/v1/stripecli/sessions"
_SECRET = "cli_webhook_secret"  # noqa: S105 - a name
_RECONNECT_DELAY = 60  # seconds after which the client renews its connection


def create(call: HandlerCall) -> Json:
    """Open a session of the account; its signing secret is always the same."""
    tx, params = call.tx, call.params
    features = params.get("websocket_features") or [WEBHOOKS]
    kept = tx.recall(_SECRET)
    if kept is None:
        kept = new_id("whsec_", 32)
        tx.remember(_SECRET, kept)
    text = params.get("filters") or "{}"
    try:
        filters = json.loads(text) or {}
    except ValueError:
        raise invalid("The filters must be JSON.", "filters") from None
    if not isinstance(filters, dict) or not all(isinstance(allowed, list) for allowed in filters.values()):
        raise invalid("The filters must be a hash of arrays.", "filters")
    session: Json = {
        "id": new_id(CLI_SESSION.prefix),
        "account": tx.account,
        "features": features,
        "filters": {name: [str(value) for value in allowed] for name, allowed in filters.items()},
        "forwards": bool(params.get("forward_to_url") or params.get("forward_connect_to_url")),
        "secret": str(kept),
    }
    tx.add(CLI_SESSION, session)
    return {
        "default_version": API_VERSION,
        "display_connect_filter_warning": False,
        "latest_version": API_VERSION,
        "reconnect_delay": _RECONNECT_DELAY,
        "secret": session["secret"],
        "websocket_authorized_feature": ",".join(features),
        "websocket_id": session["id"],
        "websocket_url": tx.origin.base.replace("http", "ws", 1) + SOCKET_PATH,
    }


ROUTES = (Route("POST", _URL, create, "own.CliSession", "stripecli_session", CLI_SESSION),)
