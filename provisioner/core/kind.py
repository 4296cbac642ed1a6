"""How a kind describes itself: its fields as a tree, and the few facts that differ between kinds.

Everything else (JSON Schema, normal form, diff, masking, calls) walks this tree, so a fact about a
field of Stripe's is written down once.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

from msgspec import Struct

from provisioner.core.hold import Hold, Lack
from provisioner.core.model import Address

NAME_PATTERN = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$"
NAME_SAYS = "a name is letters, digits and _ . - (a letter or digit first), at most 100 characters"


class Shape(Enum):
    """What a field's value looks like in normal form."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    AMOUNT = "amount"  # minor units; the YAML may also say "2,000.00 USD"
    SET = "set"  # texts without order; sorted in normal form
    LIST = "list"  # texts in an order that matters
    HASH = "hash"  # named sub-fields
    TABLE = "table"  # rows of sub-fields without order, told apart by `key`
    MAP = "map"  # texts by names of the user's own (metadata)
    REF = "ref"  # the id of an object of the section `refers_to`


class OnChange(Enum):
    """What a changed value asks of Stripe."""

    UPDATE = "update"
    REPLACE = "replace"


class Direction(Enum):
    """Whether an edit takes away, leaves or gives spending power."""

    TIGHTENING = "tightening"
    NEUTRAL = "neutral"
    BROADENING = "broadening"


def neutral(_before: Any, _after: Any) -> Direction:
    """The direction of edits that have nothing to do with spending power."""
    return Direction.NEUTRAL


class Field(Struct, frozen=True):
    """One parameter of Stripe's, under Stripe's name.

    `doc` is shown in editors. `choices` closes the values unless `open_choices`; `pattern` (with
    `pattern_says`, what would be right), `low`, `high` and `longest` bound them. `default` is what
    Stripe has when the parameter was never given, `noise` values that Stripe may show by itself for an
    unset field. `clearable` says that `""` unsets it, or leaving it out where a hash is `sent_whole`.
    `closed` values are Stripe's alone to set and to lift. `personal` and `secret` values are never shown;
    `write_only` ones are never answered. `whole` makes a hash owned as one piece once any of it is
    declared; `sent_whole` sends all of it when any of it changes. An export leaves out what is not
    `exported`: what Stripe chose, or the past. `amounts_in` names the field of a hash that is the currency of
    the amounts in it, and theirs where it is left out. `same(a, b)` compares where Stripe rewrites what it is
    given. `meet(a, b)` is the value of a `whole` hash that allows what both allow, as far as there is one.
    """

    name: str
    shape: Shape = Shape.TEXT
    doc: str = ""
    fields: tuple["Field", ...] = ()
    key: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    open_choices: bool = False
    pattern: str = ""
    pattern_says: str = ""
    low: int | None = None
    high: int | None = None
    longest: int | None = None
    required: bool = False
    on_change: OnChange = OnChange.UPDATE
    refers_to: str = ""
    default: Any = None
    noise: tuple[Any, ...] = ()
    clearable: bool = True
    closed: tuple[str, ...] = ()
    personal: bool = False
    secret: bool = False
    write_only: bool = False
    whole: bool = False
    sent_whole: bool = False
    exported: bool = True
    amounts_in: str = ""
    example: Any = None
    same: Callable[[Any, Any], bool] | None = None
    direction: Callable[[Any, Any], Direction] = neutral
    meet: Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]] | None = None

    @property
    def sensitive(self) -> bool:
        """Whether its values must never be shown."""
        return self.personal or self.secret

    @property
    def has_amounts(self) -> bool:
        """Whether its values are amounts, or rows with some."""
        return self.shape is Shape.AMOUNT or any(sub.shape is Shape.AMOUNT for sub in self.fields)

    def field(self, name: str) -> "Field":
        """Return the sub-field called `name`; raises KeyError."""
        for sub in self.fields:
            if sub.name == name:
                return sub
        raise KeyError(name)


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


class Fault(NamedTuple):
    """Something wrong between the fields of one resource: the path of keys, and what would be right."""

    path: tuple[str | int, ...]
    text: str


def no_faults(_fields: Mapping[str, Any]) -> Iterator[Fault]:
    """The check of a kind whose fields do not constrain each other."""
    yield from ()


def no_currency(_address: Address, _fields: Mapping[str, Any]) -> str | None:
    """The currency of a kind whose amounts may be in any."""
    return None


def nothing_held(_raw: Mapping[str, Any]) -> Hold | None:
    """The hold on objects of a kind that Stripe asks nothing of."""
    return None


def nothing_lacks(_fields: Mapping[str, Any], _country: str) -> Lack:
    """The lack of a kind that can be used as soon as it is there."""
    return Lack((), (), "")


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
    check: Callable[[Mapping[str, Any]], Iterator[Fault]] = no_faults
    doubts: Callable[[Mapping[str, Any]], Iterator[Fault]] = no_faults
    currency: Callable[[Address, Mapping[str, Any]], str | None] = no_currency
    held_back: Callable[[Mapping[str, Any]], Mapping[str, Any]] = nothing_later
    hold: Callable[[Mapping[str, Any]], Hold | None] = nothing_held
    lacks: Callable[[Mapping[str, Any], str], Lack] = nothing_lacks
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
