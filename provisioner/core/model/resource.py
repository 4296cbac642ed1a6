"""Resources: addresses, references, and the two sides of every comparison."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec import Struct, field

from provisioner.core.model.errors import Where
from provisioner.core.model.requirements import Outstanding

MASK = "(sensitive value)"
REMOVALS = DEACTIVATE, CANCEL, KEEP = "deactivate", "cancel", "keep"


class Address(NamedTuple):
    """The section and name in the YAML, written `cards.ads`; sorts by both."""

    section: str
    name: str

    def __str__(self) -> str:
        return f"{self.section}.{self.name}"


Place = tuple[Address, str]
"""A value of a resource: the resource's address, and the value's path, empty for the whole resource."""


class Ref(Struct, frozen=True):
    """A field's value that represents the id of the object at `address`, known once that exists."""

    address: Address

    def __str__(self) -> str:
        return str(self.address)


class Reissue(Struct, frozen=True):
    """A request for a new card to replace the present one; a higher `number` requests another."""

    number: int
    reason: str


class Lifecycle(Struct, frozen=True):
    """The tool's own settings for a resource (the YAML's `lifecycle` block)."""

    protect: bool = False
    on_remove: str = DEACTIVATE
    previously: tuple[str, ...] = ()
    ignore: frozenset[str] = frozenset()
    reissue: Reissue | None = None

    def ignores(self, path: str) -> bool:
        """Return whether `ignore` names a dotted path, or a hash or map around it."""
        return bool(self.ignore) and any(f"{path}.".startswith(f"{each}.") for each in self.ignore)


class Declared(Struct, frozen=True):
    """A resource as the YAML declares it: `fields` in normal form (see `core.normal`).

    `sensitive` holds the dotted paths of values that came from the environment or from files.
    """

    address: Address
    fields: Mapping[str, Any]
    lifecycle: Lifecycle = Lifecycle()
    sensitive: frozenset[str] = frozenset()
    where: Where | None = None


class ObservedFacts(Struct, frozen=True):
    """The facts about an object other than its fields, as its kind reads them from Stripe."""

    outstanding: Outstanding | None = None
    """The requirements that Stripe still has before it can be used."""
    self_canceled: str = ""
    """The way it ended by its own fields; empty if it has not ended, or ended in another way."""
    canceled_as: str = ""
    """The reason why it was canceled, in Stripe's term (lost, stolen)."""
    frozen_fields: tuple[str, ...] = ()
    """The fields that Stripe no longer allows to change."""


NO_FACTS = ObservedFacts()  # most objects have none


class Live(Struct, frozen=True):
    """An object of ours, as Stripe has it."""

    address: Address
    """The address that its ownership metadata names."""
    id: str
    """Stripe's id."""
    fields: Mapping[str, Any]
    """Its fields in normal form."""
    stamp: "Ownership"
    """The ownership metadata that we wrote on it."""
    final: bool = False
    """True if Stripe will never let it act or change again, as with a canceled card."""
    outstanding: Outstanding | None = None
    """The requirements that Stripe still has before it can be used."""
    self_canceled: str = ""
    """The way it ended by itself, as declared; empty if it has not."""
    canceled_as: str = ""
    """The reason why it was canceled, in Stripe's term (lost, stolen)."""
    frozen_fields: tuple[str, ...] = ()
    """The fields that Stripe no longer allows to change."""

    @property
    def status(self) -> str:
        """Return Stripe's status of it, or an empty string if there is none."""
        return str(self.fields.get("status", ""))


class Ownership(Struct, frozen=True):
    """
    The ownership metadata of an object; `applied` maps a field's code to the digest last applied.

    `predecessor` is the id of the object that had the address before, or empty if there was none.
    `revision` counts our writes: 1 at creation, 0 if it is not known. `salt` is a secret of the project,
    from which the digests in saved plans are made; it is never shown. `unreadable` is the metadata key whose
    value is something that we never write and that cannot be guessed safely. `to_activate` says that the
    object was created inactive, and that the call that activates it has not been made.
    """

    project: str
    address: Address
    generation: int = 1
    applied: Mapping[str, str] = field(default_factory=dict)
    protect: bool = False
    on_remove: str = DEACTIVATE
    reissued: int = 0
    predecessor: str = ""
    revision: int = 0
    salt: str = ""
    to_activate: bool = False
    unreadable: str = ""


def references(fields: Mapping[str, Any]) -> frozenset[Any]:
    """Return the addresses that a resource's fields refer to."""
    return frozenset(value.address for value in fields.values() if isinstance(value, Ref))


def _lower(one: Mapping[str, int], other: Mapping[str, int]) -> Mapping[str, int]:
    """Return the lower amounts; a currency that only one of two non-empty sides names gets 0."""
    if not one or not other:
        return one or other
    return {currency: min(one.get(currency, 0), other.get(currency, 0)) for currency in {**one, **other}}


def _least(one: int | None, other: int | None) -> int | None:
    return min((number for number in (one, other) if number is not None), default=None)
