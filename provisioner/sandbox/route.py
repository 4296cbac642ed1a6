"""What a route is: a request's method and path, the parameters it takes, and what answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provisioner.sandbox.resource import Resource
from provisioner.sandbox.tx import Tx

if TYPE_CHECKING:
    from provisioner.sandbox.execute import Asked
    from provisioner.sandbox.sandbox import Sandbox

Json = dict[str, Any]

NOTHING = Resource("", "", "")


@dataclass(frozen=True)
class Call:
    """One request that is being served: an open transaction, checked parameters, the id in the path."""

    tx: Tx
    params: Mapping[str, Any]
    id: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


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
    handler: Callable[[Call], Json]
    params: str
    scope: str
    answers: Resource = NOTHING
    prepare: Callable[[Sandbox, Asked], Awaitable[Mapping[str, Any]]] | None = None
    since: str = ""
