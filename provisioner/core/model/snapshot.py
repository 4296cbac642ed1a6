"""What one read of Stripe has answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from provisioner.core.model.resource import NO_FACTS, Address, ObservedFacts, Ownership


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


class TopUp(Struct, frozen=True):
    """Money on its way into an account, or arrived there."""

    id: str
    """Stripe's id."""
    amount: int
    """How much, in minor units."""
    currency: str
    """The currency."""
    created: int = 0
    """When it was created (Unix seconds)."""
    status: str = ""
    """Stripe's status of it."""
    failure: str = ""
    """Why it has failed, in Stripe's word."""
    destination: str = ""
    """The balance that it fills, which is in no public reference; empty where Stripe does not say."""
    project: str = ""
    """The project that its metadata names."""
    address: str = ""
    """The balance target that its metadata names."""
    resolved: bool = False
    """Whether somebody has written on it that its money is where it belongs."""

    @property
    def is_bound(self) -> bool:
        """Whether Stripe says that it fills the Issuing balance."""
        return self.destination == "issuing"

    @property
    def is_moving(self) -> bool:
        """Whether its money has arrived, or will."""
        return self.status in ("pending", "succeeded")

    @property
    def is_lost(self) -> bool:
        """Whether its money has gone to another balance, and nobody has said that this is resolved."""
        return self.status == "succeeded" and not self.is_bound and not self.resolved

    def maker(self, address: Address) -> str:
        """The project that has made it for the balance target at `address`; empty where none has."""
        return self.project if self.address == str(address) else ""


class Snapshot(Struct, frozen=True):
    """
    What Stripe answered: the account and its balance as plain JSON, every object by resource, and top-ups.

    `objects` maps a resource (`issuing/cards`) to its objects, newest first as Stripe lists them, as are the
    `top_ups`; `instructions` say where to wire money to, for accounts that Stripe cannot pull
    for. `key` is a digest of the API key that it was read with, and `named` the account that Stripe was told
    to act for (STRIPE_ACCOUNT).
    """

    account: Mapping[str, Any]
    balance: Mapping[str, Any]
    objects: Mapping[str, Sequence[Observed]]
    top_ups: Sequence[TopUp] = ()
    instructions: Sequence[Mapping[str, Any]] = ()
    key: str = ""
    named: str = ""
