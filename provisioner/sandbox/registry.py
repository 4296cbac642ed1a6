"""Routes, and what rules know each other by: the kinds of objects and what is done to one, by name."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from provisioner.sandbox.state.objects import Resource, Tx

Json = dict[str, Any]

NOTHING = Resource("", "", "")


@dataclass(frozen=True)
class HandlerCall:
    """One request that is being served: an open transaction, checked parameters, the id in the path."""

    tx: Tx
    params: Mapping[str, Any]
    id: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Preparation:
    """
    What slow work before a request may use.

    `reading` opens the request's view of the state, to look at only. `post` sends a signed body to a
    webhook, as `webhooks.post` does.
    """

    reading: Callable[[], AbstractContextManager[HandlerCall]]
    post: Callable[[str, str, str, float], tuple[int, dict[str, str], bytes]]


@dataclass(frozen=True)
class Route:
    """
    One endpoint of the API.

    `params` names an entry of `params.json` (`issuing.CardCreateParams`) or of `schema.OWN`
    (`own.Nothing`). `answers` is the kind of object in the answer, for `expand[]`. `scope` is the
    resource that a restricted key needs permission for; reading is enough for GET. `prepare` may
    do slow work, such as calling a webhook, before the transaction opens; what it returns is the
    call's `extra`. `since` is the date of the API version that brought it, empty for what is old.
    """

    method: str
    path: str
    handler: Callable[[HandlerCall], Json]
    params: str
    scope: str
    answers: Resource = NOTHING
    prepare: Callable[[Preparation], Awaitable[Mapping[str, Any]]] | None = None
    since: str = ""


Deed = TypeVar("Deed", bound=Callable[[Tx, str], None])

_RESOURCES: dict[str, Resource] = {}
_DEEDS: dict[str, Callable[[Tx, str], None]] = {}


def registered(resource: Resource) -> Resource:
    """Let a kind of object be found by Stripe's name for it."""
    _RESOURCES[resource.object] = resource
    return resource


def resource_of(name: str) -> Resource:
    """The kind of object of this name (`issuing.card`)."""
    return _RESOURCES[name]


def deed(name: str) -> Callable[[Deed], Deed]:
    """Let a function be done to an object by name: by another rule, or at its time (`Tx.schedule`)."""

    def register(function: Deed) -> Deed:
        _DEEDS[name] = function
        return function

    return register


def do(name: str, tx: Tx, object_id: str) -> None:
    """Do what has this name to an object."""
    _DEEDS[name](tx, object_id)
