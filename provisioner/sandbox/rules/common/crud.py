"""The two handlers that every kind has: retrieve one, list many."""

from collections.abc import Callable
from typing import Any

from provisioner.sandbox.registry import HandlerCall
from provisioner.sandbox.rules.common.listing import page
from provisioner.sandbox.state.objects import Resource

Json = dict[str, Any]


def retrieve(resource: Resource) -> Callable[[HandlerCall], Json]:
    """A handler that answers one object by the id in the path."""

    def handler(call: HandlerCall) -> Json:
        return resource.show(call.tx, call.tx.fetch(resource, call.id))

    return handler


def listed(resource: Resource, url: str) -> Callable[[HandlerCall], Json]:
    """A handler that answers a page of a resource's objects."""

    def handler(call: HandlerCall) -> Json:
        return page(call.tx, resource, call.params, url)

    return handler
