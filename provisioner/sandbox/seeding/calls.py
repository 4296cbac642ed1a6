"""Calls the handlers of the API in this process, as if at a time in the past."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.api import schema
from provisioner.sandbox.api.routes import ROUTES
from provisioner.sandbox.registry import HandlerCall
from provisioner.sandbox.state.objects import Origin, Tx, new_id

Json = dict[str, Any]

_POST = {route.path: route for route in ROUTES if route.method == "POST"}


class PastCalls:
    """Makes requests of one account in the past; events up to the time `kept` are not stored."""

    def __init__(self, db: sqlite3.Connection, account: str, kept: int) -> None:
        self.db = db
        self._account = account
        self._kept = kept

    def tx(self, at: int) -> Tx:
        """Return a transaction at a time (Unix seconds)."""
        made = Tx(self.db, self._account, at, Origin(new_id("req_", 14)))
        made.is_silent = at <= self._kept
        return made

    def post(self, at: int, path: str, params: Mapping[str, Any], object_id: str = "") -> Json:
        """
        Return the response to a POST request at a time; `path` is that of a route, with `{id}` for the
        id.
        """
        route = _POST[path]
        checked = schema.check(route.params, _form(params))
        return route.handler(HandlerCall(self.tx(at), checked, object_id))


def _form(value: Any) -> Any:
    """Return parameters as they arrive in a form, in which all values are strings."""
    if isinstance(value, Mapping):
        return {name: _form(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_form(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
