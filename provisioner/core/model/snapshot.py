"""The data from one read of Stripe."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from provisioner.core.model.resource import NO_FACTS, Address, Live, ObservedFacts, Ownership


class Observed(Struct, frozen=True):
    """An object in Stripe, reduced to the facts that a comparison needs."""

    id: str
    """Stripe's id."""
    created: int = 0
    """The time of its creation (Unix seconds)."""
    fields: Mapping[str, Any] = {}
    """Its fields in normal form, except that references are still ids; without ownership metadata."""
    ownership: Ownership | None = None
    """The ownership metadata written by a project; None if no project owns the object."""
    facts: ObservedFacts = NO_FACTS
    """The facts that Stripe returns in addition to its fields."""
    unchanged: Live | None = None
    """The object as a comparison sees it, if it is as configured, references apart; else None."""

    @property
    def project(self) -> str:
        """Return the project that owns it; empty if none does."""
        return self.ownership.project if self.ownership else ""


class TopUp(Struct, frozen=True):
    """A top-up, which moves money into an account."""

    id: str
    """Stripe's id."""
    amount: int
    """The amount in minor units."""
    currency: str
    """The currency."""
    created: int = 0
    """The time of its creation (Unix seconds)."""
    status: str = ""
    """Its status at Stripe, such as `pending`."""
    failure: str = ""
    """The reason why it failed, in Stripe's term."""
    destination: str = ""
    """The balance that it fills, which no public reference documents; empty if Stripe does not return it."""
    project: str = ""
    """The project that its metadata names."""
    address: str = ""
    """The balance target that its metadata names."""
    resolved: bool = False
    """True if a person has recorded in its metadata that the money is in the right balance."""

    @property
    def is_bound(self) -> bool:
        """Return whether Stripe says that it fills the Issuing balance."""
        return self.destination == "issuing"

    @property
    def is_moving(self) -> bool:
        """Return whether its money has arrived or will arrive."""
        return self.status in ("pending", "succeeded")

    @property
    def is_lost(self) -> bool:
        """Return whether its money went to another balance, and nobody has marked this as resolved."""
        return self.status == "succeeded" and not self.is_bound and not self.resolved

    def maker(self, address: Address) -> str:
        """Return the project that made it for the balance target at `address`; empty if none did."""
        return self.project if self.address == str(address) else ""


def issuing_rows(balance: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the rows of Stripe's balance that are available for Issuing, one for each currency."""
    return (balance.get("issuing") or {}).get("available") or ()


class Snapshot(Struct, frozen=True):
    """Stripe's data at one time."""

    account: Mapping[str, Any]
    """The account, as plain JSON."""
    balance: Mapping[str, Any]
    """The balance, as plain JSON."""
    objects: Mapping[str, Sequence[Observed]]
    """The objects of each resource (`issuing/cards`), newest first as Stripe lists them."""
    top_ups: Sequence[TopUp] = ()
    """The top-ups, newest first."""
    instructions: Sequence[Mapping[str, Any]] = ()
    """The bank details for wires, for accounts into which Stripe cannot pull money."""
    key: str = ""
    """A digest of the API key that was used to read."""
    named: str = ""
    """The account that requests specify (STRIPE_ACCOUNT); empty if they specify none."""
    now: int = 0
    """The time by Stripe's clock (Unix seconds); 0 if it is not known."""
