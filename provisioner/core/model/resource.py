"""Resources: addresses, references, and the two sides of every comparison."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec import Struct, field

from provisioner.core.model.errors import Where
from provisioner.core.model.requirements import Outstanding

MASK = "(sensitive value)"
SECRET_TO = "secret_to"  # noqa: S105 - the name of a block
LOST = "lost"  # the state of a secret that Stripe will not repeat
REMOVALS = DEACTIVATE, CANCEL, KEEP = "deactivate", "cancel", "keep"


class Address(NamedTuple):
    """The section and name in the YAML, written `cards.ads`; sorts by both."""

    section: str
    """The section, such as `cards`."""
    name: str
    """The name in the section."""

    def __str__(self) -> str:
        return f"{self.section}.{self.name}"


Place = tuple[Address, str]
"""A value of a resource: the resource's address, and the value's path, empty for the whole resource."""


class Ref(Struct, frozen=True):
    """A field's value that represents the id of another object, which is known once that object exists."""

    address: Address
    """The address of the object."""

    def __str__(self) -> str:
        return str(self.address)


class Reissue(Struct, frozen=True):
    """A request for a new card to replace the current one."""

    number: int
    """The number of the request; a higher number requests another card."""
    reason: str
    """Stripe's reason, such as `lost`."""


class Lifecycle(Struct, frozen=True):
    """provisioner's own settings for a resource (`lifecycle` in the YAML)."""

    protect: bool = False
    """True if no plan may retire or replace the object."""
    on_remove: str = DEACTIVATE
    """The action when the configuration no longer has it."""
    previously: tuple[str, ...] = ()
    """Earlier names of the resource."""
    ignore: frozenset[str] = frozenset()
    """Paths of fields that are never compared."""
    reissue: Reissue | None = None
    """A request for a new card; None if there is none."""

    def ignores(self, path: str) -> bool:
        """Return whether `ignore` names a dotted path, or a hash or map around it."""
        return bool(self.ignore) and any(f"{path}.".startswith(f"{each}.") for each in self.ignore)


class SecretTo(Struct, frozen=True):
    """
    The destination of a secret that Stripe shows only once (`secret_to` in the YAML).

    It is either a command, which receives the secret on standard input, or a file. Paths are relative to the
    configuration file.
    """

    command: tuple[str, ...] = ()
    """The program and its arguments, which get the secret on standard input; empty if there is a file."""
    file: str = ""
    """The path of the file, relative to that of the configuration; empty if there is a command."""

    @property
    def path(self) -> str:
        """Return the path of the value in the YAML."""
        return f"{SECRET_TO}.command" if self.command else f"{SECRET_TO}.file"

    @property
    def value(self) -> list[str] | str:
        """Return the value in the YAML."""
        return list(self.command) or self.file


class Declared(Struct, frozen=True):
    """A resource as the configuration declares it."""

    address: Address
    """The address."""
    fields: Mapping[str, Any]
    """The fields in normal form (see `core.schema.normal_form`)."""
    lifecycle: Lifecycle = Lifecycle()
    """The settings for provisioner itself."""
    sensitive: frozenset[str] = frozenset()
    """Dotted paths of values that came from the environment or from files."""
    where: Where | None = None
    """The place of its block."""
    secret_to: SecretTo | None = None
    """The destination of its secret; None if there is none."""


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
    remark: str = ""
    """Its state in Stripe and what that means, if people should know it; else empty."""
    shipment: str = ""
    """The status of its shipment, in Stripe's term; empty if it has none."""


NO_FACTS = ObservedFacts()  # most objects have none


class Live(Struct, frozen=True):
    """An object of the project, with its state in Stripe."""

    address: Address
    """The address that its ownership metadata names."""
    id: str
    """Stripe's id."""
    fields: Mapping[str, Any]
    """Its fields in normal form."""
    stamp: "Ownership"
    """The ownership metadata that we wrote on it."""
    final: bool = False
    """True if it can never act or change again in Stripe, like a canceled card."""
    outstanding: Outstanding | None = None
    """The requirements that Stripe still has before it can be used."""
    self_canceled: str = ""
    """The way it ended by its own fields, as configured; empty if it has not."""
    canceled_as: str = ""
    """The reason why it was canceled, in Stripe's term (lost, stolen)."""
    frozen_fields: tuple[str, ...] = ()
    """The fields that Stripe no longer allows to change."""
    created: int = 0
    """The time of its creation (Unix seconds)."""
    remark: str = ""
    """Its state in Stripe and what that means, if people should know it; else empty."""
    matches: Declared | None = None
    """The declaration that it was found to match when it was read; None if there is none."""

    @property
    def status(self) -> str:
        """Return its status in Stripe; empty if it has none."""
        return str(self.fields.get("status", ""))


class Ownership(Struct, frozen=True):
    """The ownership metadata of an object."""

    project: str
    """The project that owns the object."""
    address: Address
    """Its address in the configuration."""
    generation: int = 1
    """Higher for each object that replaces another at the address."""
    applied: Mapping[str, str] = field(default_factory=dict)
    """The digest of each value that was last applied, by the field's code."""
    protect: bool = False
    """True if no plan may retire or replace it."""
    on_remove: str = DEACTIVATE
    """The action when the configuration no longer has it."""
    reissued: int = 0
    """The number of the last reissue."""
    predecessor: str = ""
    """The id of the object that had the address before; empty if there was none."""
    revision: int = 0
    """The number of writes by provisioner: 1 at creation, 0 if unknown."""
    salt: str = ""
    """A secret of the project for the digests in saved plans; it is never shown."""
    to_activate: bool = False
    """True if the object was created inactive and has not been activated yet."""
    secret: str = ""
    """
    The state of a secret that has not been handed over: the number of the attempt that created the object, or
    `lost` if Stripe does not repeat it; empty if there is nothing to hand over.
    """
    unreadable: str = ""
    """The metadata key whose value cannot be read reliably; empty if all can."""


def references(fields: Mapping[str, Any]) -> frozenset[Any]:
    """Return the addresses that a resource's fields refer to."""
    return frozenset(value.address for value in fields.values() if isinstance(value, Ref))


def _lower(one: Mapping[str, int], other: Mapping[str, int]) -> Mapping[str, int]:
    """Return the lower of each amount; a currency that only one of two non-empty sides has gets 0."""
    if not one or not other:
        return one or other
    return {currency: min(one.get(currency, 0), other.get(currency, 0)) for currency in {**one, **other}}


def _least(one: int | None, other: int | None) -> int | None:
    return min((number for number in (one, other) if number is not None), default=None)
