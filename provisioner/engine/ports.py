"""The interfaces that the engine needs: one that reads Stripe, and one that also writes."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from msgspec import Struct

from provisioner.core.model.upload import Upload
from provisioner.core.plan.call import Call, Handover

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Answer(Struct, frozen=True):
    """Stripe's response to a write."""

    object: Mapping[str, Any]
    """The object, as plain JSON."""
    request_id: str = ""
    """The id of the request."""
    replayed: bool = False
    """True if it is the response to an earlier request with the same key."""
    key: str = ""
    """The idempotency key of the request if it was not the last request of its step; else empty."""


class Page(Struct, frozen=True):
    """One page of a list."""

    items: Sequence[Mapping[str, Any]]
    """The objects, newest first."""
    more: bool
    """True if more pages follow."""


class Wanted(Struct, frozen=True):
    """The parts of objects that a caller needs."""

    names: frozenset[str]
    """The names of top-level fields."""
    references: frozenset[str]
    """The names of fields for which an object's id is enough."""


class Reader(Protocol):
    """Reads Stripe. It has no method that writes, so a plan cannot write, and it raises only our errors."""

    def retrieve(self, resource: str) -> Mapping[str, Any]:
        """Return an object: `account`, `balance`, `issuing/cards/ic_1`. Raises StripeError or AccessError."""

    def list(self, resource: str, params: Mapping[str, Any] = NOTHING) -> Iterator[Mapping[str, Any]]:
        """Yield all objects of a resource, newest first, page by page. Raises StripeError or AccessError."""


class Lister(Reader, Protocol):
    """A reader that also returns single pages, so that a list can be read from several places at once."""

    @property
    def version(self) -> str:
        """Return the version of the API that Stripe's responses use."""

    def page(self, resource: str, params: Mapping[str, Any] = NOTHING, wanted: Wanted | None = None) -> Page:
        """
        Return one page of a resource, selected by Stripe's list parameters.

        Its objects contain at least what is `wanted`, and may contain more. Raises StripeError or
        AccessError.
        """


class Recipient(Protocol):
    """Hands secrets over to their destination."""

    def check(self, handover: Handover) -> None:
        """
        Raise ProvisionerError if a secret could not be handed over. No user command is run for this
        check.
        """

    def give(self, handover: Handover, identity: str, secret: str) -> None:
        """Hand over the secret of the object with this id. Raises ProvisionerError if that fails."""


class Writer(Reader, Protocol):
    """Reads and writes Stripe."""

    def perform(self, call: Call) -> Answer:
        """
        Make one call whose references have been resolved.

        Retries, where this is safe, use the same idempotency key. Raises StripeError or AccessError.
        """

    def upload(self, file: Upload, key: str) -> str:
        """Upload a file under an idempotency key and return its id. Raises as `perform` does."""

    def wait(self, seconds: float) -> bool:
        """
        Wait, so that lists catch up with writes. Returns whether to continue: False if the run was
        stopped.
        """
