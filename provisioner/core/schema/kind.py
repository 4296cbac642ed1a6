"""How a kind describes itself: its fields as a tree, and the few facts that differ between kinds.

Everything else (JSON Schema, normal form, diff, masking, calls) walks this tree, so a fact about a
field of Stripe's is written down once.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from msgspec import Struct

from provisioner.core.model.requirements import MissingRequirements, Outstanding
from provisioner.core.model.resource import Address
from provisioner.core.schema.field import Field

NAME_PATTERN = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$"
NAME_SAYS = "a name is letters, digits and _ . - (a letter or digit first), at most 100 characters"


class Pool(NamedTuple):
    """
    What all the objects that refer to one may spend together in a month.

    `amount` is in minor units of `currency`, of any currency where that is empty; None is without limit.
    """

    amount: int | None = None
    currency: str = ""

    def is_foreign(self, currency: str) -> bool:
        """Whether it is a limit in another currency; nobody here knows the rate."""
        return self.amount is not None and self.currency not in ("", currency)


class FieldFault(NamedTuple):
    """Something wrong between the fields of one resource: the path of keys, and what would be right."""

    path: tuple[str | int, ...]
    text: str


def no_faults(_fields: Mapping[str, Any]) -> Iterator[FieldFault]:
    """The check of a kind whose fields do not constrain each other."""
    yield from ()


def no_currency(_address: Address, _fields: Mapping[str, Any]) -> str | None:
    """The currency of a kind whose amounts may be in any."""
    return None


def nothing_held(_raw: Mapping[str, Any]) -> Outstanding | None:
    """The hold on objects of a kind that Stripe asks nothing of."""
    return None


def nothing_lacks(_fields: Mapping[str, Any], _country: str) -> MissingRequirements:
    """The lack of a kind that can be used as soon as it is there."""
    return MissingRequirements((), (), "")


def never_spent(_raw: Mapping[str, Any]) -> str:
    """The end by itself of objects of a kind that has none."""
    return ""


def nothing_shut(_raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that can be changed no more of a kind whose fields always can."""
    return ()


def any_reason(_fields: Mapping[str, Any], _reason: str) -> str:
    """The fault of a reissue of a kind whose objects can be reissued for any reason."""
    return ""


def nothing_later(_fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The held-back fields of a kind that is created in one call."""
    return {}


def nothing_added(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a new object of a kind to which Stripe adds nothing that counts."""
    return fields


class Kind(Struct, frozen=True):
    """A kind of resource.

    `section` heads it in the YAML, `resource` is what is listed to observe it (`issuing/cards`),
    `service` the SDK's name for it (`issuing.cards`), and `id_prefix` what its ids begin with. Kinds with
    a lower `rank` are created first. `deactivate` and `cancel` are the parameters that retire an object,
    empty where Stripe has no such thing; an object with one of the `final_statuses` is over for good. One
    that does not own its objects (`owns_objects`) moves money. `check` finds faults between fields, on
    raw values of the YAML in their own shapes, `doubts` what Stripe may or may not refuse.
    `currency` names the currency of a resource's amounts where it is fixed. `held_back` names the fields
    that Stripe takes only in a call after the creation.
    `exposure` is the most that an object may spend in a month by its own limits, in minor units (None:
    without limit); a kind without it spends nothing. `pool` is the most that all objects which refer to one
    may spend together; a kind without it bounds nobody. `as_created` adds to the fields of a new object what
    Stripe gives it where they are left out. `name_pattern` (with `name_says`) narrows the names in the YAML.
    `hold` reads from an object as Stripe answers it what Stripe holds against it, from `requirements`
    alone; `lacks` says of declared fields what it will want, in an account of a country (two letters,
    empty where it is not known). `ends_by` is the path of the field that asks Stripe to end an object by
    itself, and `spent` says of one that is over how that came about (empty: in another way), from its
    fields and `cancellation_reason` alone. `unfit` says why an object with these fields cannot be
    reissued for a reason, empty where it can. `shut` names the fields of an object as Stripe answers it
    that can be changed no more, though others of its kind can.
    """

    name: str
    section: str
    service: str
    resource: str
    doc: str
    fields: tuple[Field, ...]
    rank: int
    id_prefix: str = ""
    deactivate: Mapping[str, str] | None = None
    cancel: Mapping[str, str] | None = None
    final_statuses: frozenset[str] = frozenset()
    exposure: Callable[[Mapping[str, Any]], int | None] | None = None
    pool: Callable[[Mapping[str, Any]], Pool] | None = None
    as_created: Callable[[Mapping[str, Any]], Mapping[str, Any]] = nothing_added
    check: Callable[[Mapping[str, Any]], Iterator[FieldFault]] = no_faults
    doubts: Callable[[Mapping[str, Any]], Iterator[FieldFault]] = no_faults
    currency: Callable[[Address, Mapping[str, Any]], str | None] = no_currency
    held_back: Callable[[Mapping[str, Any]], Mapping[str, Any]] = nothing_later
    hold: Callable[[Mapping[str, Any]], Outstanding | None] = nothing_held
    lacks: Callable[[Mapping[str, Any], str], MissingRequirements] = nothing_lacks
    ends_by: str = ""
    spent: Callable[[Mapping[str, Any]], str] = never_spent
    unfit: Callable[[Mapping[str, Any], str], str] = any_reason
    shut: Callable[[Mapping[str, Any]], tuple[str, ...]] = nothing_shut
    answered: tuple[Field, ...] = ()
    """What `hold`, `spent` and `shut` read of Stripe's answers beside `fields`."""
    owns_objects: bool = True
    name_pattern: str = NAME_PATTERN
    name_says: str = NAME_SAYS

    def field(self, name: str) -> Field:
        """Return the field called `name`; raises KeyError."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)


def event_type(service: str, what: str) -> str:
    """The type of the events of a service's objects: `issuing_card.created` of `issuing.cards`."""
    return f"{service.replace('.', '_').removesuffix('s')}.{what}"
