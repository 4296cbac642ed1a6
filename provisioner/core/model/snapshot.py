"""What one read of Stripe has answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from provisioner.core.model.resource import NO_FACTS, ObservedFacts, Ownership


class Observed(Struct, frozen=True):
    """An object as Stripe has it, reduced to what a comparison needs."""

    id: str
    """Stripe's id."""
    created: int = 0
    """When it was created (Unix seconds)."""
    fields: Mapping[str, Any] = {}
    """Its fields in normal form, but that a reference still is an id; without the marks of the ownership."""
    ownership: Ownership | None = None
    """What a project has written on it; None where it is nobody's."""
    facts: ObservedFacts = NO_FACTS
    """What Stripe says of it beside its fields."""

    @property
    def project(self) -> str:
        """The project that has it, empty where none has."""
        return self.ownership.project if self.ownership else ""


class Snapshot(Struct, frozen=True):
    """
    What Stripe answered: the account and its balance as plain JSON, and every object by resource.

    `objects` maps a resource (`issuing/cards`) to its objects, newest first as Stripe lists them, as are the
    `top_ups`, in plain JSON; `instructions` say where to wire money to, for accounts that Stripe cannot pull
    for. `key` is a digest of the API key that it was read with, and `named` the account that Stripe was told
    to act for (STRIPE_ACCOUNT).
    """

    account: Mapping[str, Any]
    balance: Mapping[str, Any]
    objects: Mapping[str, Sequence[Observed]]
    top_ups: Sequence[Mapping[str, Any]] = ()
    instructions: Sequence[Mapping[str, Any]] = ()
    key: str = ""
    named: str = ""
