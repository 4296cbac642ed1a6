"""What the engine needs of the outside: something that reads Stripe, and something that also writes."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from msgspec import Struct

from provisioner.core.plan.call import Call

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Answer(Struct, frozen=True):
    """What Stripe answered to a write: the object as JSON, the request's id, and whether it was replayed."""

    object: Mapping[str, Any]
    request_id: str = ""
    replayed: bool = False


class Page(Struct, frozen=True):
    """One page of a list, newest first, and whether more follow."""

    items: Sequence[Mapping[str, Any]]
    more: bool


class Wanted(Struct, frozen=True):
    """What is wanted of objects: names of their top level, and those where an object's id is enough."""

    names: frozenset[str]
    references: frozenset[str]


class Reader(Protocol):
    """Reads Stripe; has no method that writes, so a plan cannot; no error but ours passes through it."""

    def retrieve(self, resource: str) -> Mapping[str, Any]:
        """One object: `account`, `balance`, `issuing/cards/ic_1`. Raises StripeError or AccessError."""

    def list(self, resource: str, params: Mapping[str, Any] = NOTHING) -> Iterator[Mapping[str, Any]]:
        """All objects of a resource, newest first, page by page. Raises StripeError or AccessError."""


class Lister(Reader, Protocol):
    """A reader that also gives single pages, so that a list can be read from several places at once."""

    @property
    def version(self) -> str:
        """The version of the API in which it is answered."""

    def page(self, resource: str, params: Mapping[str, Any] = NOTHING, wanted: Wanted | None = None) -> Page:
        """
        One page of a resource, as Stripe's list parameters ask.

        Of its objects there may be more than what is `wanted`, but no less. Raises StripeError or
        AccessError.
        """


class Writer(Reader, Protocol):
    """Reads and writes Stripe."""

    def perform(self, call: Call) -> Answer:
        """
        Make one call whose references are bound.

        Retries what may be retried on the same idempotency key. Raises StripeError or AccessError.
        """

    def wait(self, seconds: float) -> bool:
        """Let time pass, so that lists catch up with writes; whether to go on, as the run was not stopped."""
