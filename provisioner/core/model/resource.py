"""Resources: addresses, references, and the two sides of every comparison."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec import Struct, field

from provisioner.core.model.errors import Where
from provisioner.core.model.requirements import Outstanding

MASK = "(sensitive value)"
REMOVALS = DEACTIVATE, CANCEL, KEEP = "deactivate", "cancel", "keep"


class Address(NamedTuple):
    """Section and name in the YAML, written `cards.ads`; sorts by both."""

    section: str
    name: str

    def __str__(self) -> str:
        return f"{self.section}.{self.name}"


class Ref(Struct, frozen=True):
    """A field's value that stands for the id of the object at `address`, known once that exists."""

    address: Address

    def __str__(self) -> str:
        return str(self.address)


class Reissue(Struct, frozen=True):
    """The wish for a new card in place of the present one; raising `number` asks again."""

    number: int
    reason: str


class Lifecycle(Struct, frozen=True):
    """What is the tool's own about a resource (the YAML's `lifecycle` block)."""

    protect: bool = False
    on_remove: str = DEACTIVATE
    previously: tuple[str, ...] = ()
    ignore: frozenset[str] = frozenset()
    reissue: Reissue | None = None

    def ignores(self, path: str) -> bool:
        """Whether the value at a dotted path is left to others: it is named, or a hash or map around it."""
        return bool(self.ignore) and any(f"{path}.".startswith(f"{each}.") for each in self.ignore)


class Declared(Struct, frozen=True):
    """A resource as the YAML wants it: `fields` in normal form (see `core.normal`).

    `sensitive` holds the dotted paths of values that came from the environment or from files.
    """

    address: Address
    fields: Mapping[str, Any]
    lifecycle: Lifecycle = Lifecycle()
    sensitive: frozenset[str] = frozenset()
    where: Where | None = None


class ObservedFacts(Struct, frozen=True):
    """What Stripe says of an object beside its fields, as its kind reads it."""

    outstanding: Outstanding | None = None
    """What Stripe still wants of it before it can be used."""
    self_canceled: str = ""
    """How it has ended by its own fields; empty where it has not ended, or in another way."""
    canceled_as: str = ""
    """Why it was canceled, in Stripe's word (lost, stolen)."""
    frozen_fields: tuple[str, ...] = ()
    """The fields that Stripe takes no change of any more."""


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
    """What we wrote on it."""
    final: bool = False
    """Whether Stripe will never let it act or change again, as with a canceled card."""
    outstanding: Outstanding | None = None
    """What Stripe still wants of it before it can be used."""
    self_canceled: str = ""
    """How it has ended as it was declared to; empty where it has not."""
    canceled_as: str = ""
    """Why it was canceled, in Stripe's word (lost, stolen)."""
    frozen_fields: tuple[str, ...] = ()
    """The fields that Stripe takes no change of any more."""

    @property
    def status(self) -> str:
        """Stripe's status of it, empty where there is none."""
        return str(self.fields.get("status", ""))


class Ownership(Struct, frozen=True):
    """
    Our marks in an object's metadata; `applied` maps a field's code to the digest last applied.

    `predecessor` is the id of the object that had the address before, empty where there was none.
    `revision` counts our writes: 1 as it was created, 0 where nothing is known. `salt` is a secret of the
    project's, of which the digests in saved plans are made; it is shown nowhere. `unreadable` is the metadata
    key of a mark that holds what we never write, where no guess at it is safe. `to_activate` says that it
    was created inactive, and that the call that activates it has not been made.
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
    """The addresses that a resource's fields refer to."""
    return frozenset(value.address for value in fields.values() if isinstance(value, Ref))


def _lower(one: Mapping[str, int], other: Mapping[str, int]) -> Mapping[str, int]:
    """The lower amounts; of a currency that only one side names, the other side lets nothing pass."""
    if not one or not other:
        return one or other
    return {currency: min(one.get(currency, 0), other.get(currency, 0)) for currency in {**one, **other}}


def _least(one: int | None, other: int | None) -> int | None:
    return min((number for number in (one, other) if number is not None), default=None)
