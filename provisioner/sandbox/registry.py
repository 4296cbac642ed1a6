"""The types of routes, and a registry by which rules use each other's objects and actions by name."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from provisioner.sandbox.state.objects import Resource, Tx

Json = dict[str, Any]

NOTHING = Resource("", "", "")


@dataclass(frozen=True)
class UploadedFile:
    """A file in a multipart request."""

    name: str
    """Its name."""
    content: bytes
    """Its content."""

    def digest(self) -> str:
        """Return a digest of the content."""
        return hashlib.sha256(self.content).hexdigest()


class Download(dict[str, Any]):
    """A response that is a file and not JSON."""

    def __init__(self, content: bytes, media_type: str) -> None:
        super().__init__()
        self.content = content
        self.media_type = media_type


@dataclass(frozen=True)
class HandlerCall:
    """The arguments of a handler for one request."""

    tx: Tx
    """The open transaction."""
    params: Mapping[str, Any]
    """The checked parameters."""
    id: str = ""
    """The id in the path; empty if there is none."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """The result of the route's `prepare`."""
    version: str = ""
    """The API version of the request."""
    parent: str = ""
    """The id in the path of the object to which the one with `id` belongs; empty if there is none."""


class CommandLine(Protocol):
    """Connected clients of Stripe's command line, which run `stripe listen`."""

    def forwards(self, account: str) -> bool:
        """Return True if a client forwards the account's events to a server."""

    async def ask(self, event_id: str, patience: float) -> tuple[int, dict[str, str], bytes]:
        """Return the response to an event, as `post` does; raises TimeoutError after `patience` seconds."""

    def resend(self, account: str, event_id: str) -> bool:
        """Send an event again; returns False if no client listens."""


@dataclass(frozen=True)
class Preparation:
    """The arguments of a route's `prepare`."""

    writing: Callable[[], AbstractContextManager[HandlerCall]]
    """Opens a transaction for the request, which is committed before its handler runs."""
    post: Callable[[str, str, str, float], tuple[int, dict[str, str], bytes]]
    """Sends a signed body to a webhook, as `webhooks.post` does."""
    cli: CommandLine
    """The clients of Stripe's command line."""


@dataclass(frozen=True)
class Route:
    """One endpoint of the API."""

    method: str
    """The HTTP method."""
    path: str
    """The path, with `{id}` for an id, and `{parent}` for that of the object it belongs to."""
    handler: Callable[[HandlerCall], Json]
    """The function that serves requests."""
    params: str
    """An entry of `params.json` (`issuing.CardCreateParams`) or of `schema.OWN` (`own.Nothing`)."""
    scope: str
    """The scope that a restricted key needs a permission for; read is enough for GET. Empty: needs no key."""
    answers: Resource = NOTHING
    """The kind of object in the response, for `expand[]`."""
    prepare: Callable[[Preparation], Awaitable[Mapping[str, Any]]] | None = None
    """Slow work before the transaction opens, such as calling a webhook; returns the call's `extra`."""
    since: str = ""
    """The date of the API version that added the endpoint; empty for old endpoints."""
    needs_version: bool = False
    """True if requests must have a `Stripe-Version`."""
    uploads: bool = False
    """True if requests are multipart forms with a file."""


Action = TypeVar("Action", bound=Callable[[Tx, str], None])

_RESOURCES: dict[str, Resource] = {}
_ACTIONS: dict[str, Callable[[Tx, str], None]] = {}


def registered(resource: Resource) -> Resource:
    """Register a kind of object by Stripe's name for it."""
    _RESOURCES[resource.object] = resource
    return resource


def resource_of(name: str) -> Resource:
    """Return the kind of object with this name (`issuing.card`)."""
    return _RESOURCES[name]


def action(name: str) -> Callable[[Action], Action]:
    """Register an action on an object by name, for other rules and for `Tx.schedule`."""

    def register(function: Action) -> Action:
        _ACTIONS[name] = function
        return function

    return register


def run_action(name: str, tx: Tx, object_id: str) -> None:
    """Run the action with this name on an object."""
    _ACTIONS[name](tx, object_id)
