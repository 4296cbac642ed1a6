"""How a kind describes itself: its fields as a tree, and the few facts that differ between kinds.

Everything else (JSON Schema, normal form, diff, masking, calls) walks this tree, so a fact about a
field of Stripe's is written down once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

from msgspec import Struct

from provisioner.core.model.requirements import MissingRequirements
from provisioner.core.model.resource import NO_FACTS, Address, ObservedFacts
from provisioner.core.schema.field import Field

NAME_PATTERN = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$"
NAME_SAYS = "a name is at most 100 letters, digits, and _ . - (a letter or digit first)"


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


def no_facts(_raw: Mapping[str, Any]) -> ObservedFacts:
    """What Stripe says beside the fields of objects of a kind of which it says nothing more."""
    return NO_FACTS


def nothing_missing(_fields: Mapping[str, Any], _country: str) -> MissingRequirements:
    """What a kind still needs that can be used as soon as it is created."""
    return MissingRequirements((), (), "")


def any_reason(_fields: Mapping[str, Any], _reason: str) -> str:
    """The fault of a reissue, for a kind that can be reissued for every reason."""
    return ""


def nothing_deferred(_fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The deferred fields of a kind that is created in one call."""
    return {}


def nothing_added(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a new object, for a kind to which Stripe adds nothing that counts."""
    return fields


class Role(Enum):
    """What a kind is to the others: every rule that is about cards, holders or money asks this."""

    HOLDER = "holder"  # bears the name, and may bound what all spenders that refer to it spend together
    SPENDER = "spender"  # spends money
    BALANCE = "balance"  # money itself: it is moved, and has no object that a project owns


class Retirement(Struct, frozen=True):
    """How objects of a kind end."""

    deactivate: Mapping[str, str] = {}
    """The parameters that deactivate an object, which can be undone; empty where Stripe has no such thing."""
    cancel: Mapping[str, str] = {}
    """The parameters that end an object for good; empty where Stripe has no such thing."""
    final_statuses: frozenset[str] = frozenset()
    """The statuses of an object that can never act or change again."""
    ends_by: str = ""
    """The path of the field that asks Stripe to end an object without another call."""

    def params(self, *, cancel: bool) -> Mapping[str, str]:
        """The parameters that end an object: for good with `cancel`, where Stripe has that."""
        return (cancel and self.cancel) or self.deactivate

    def is_final(self, fields: Mapping[str, Any]) -> bool:
        """Whether an object with these fields has ended for good."""
        return fields.get("status") in self.final_statuses


class Spending(Struct, frozen=True):
    """What objects of a kind may spend."""

    exposure: Callable[[Mapping[str, Any]], int | None]
    """The most that an object may spend in a month by its own limits, in minor units; None: no limit."""
    as_created: Callable[[Mapping[str, Any]], Mapping[str, Any]] = nothing_added
    """The fields of a new object, with what Stripe gives it where they are left out."""


class Replacement(Struct, frozen=True):
    """How an object of a kind names the one that it is issued for."""

    predecessor: str
    """The field with the id of the object that it replaces."""
    reason: str
    """The field with the reason, whose choices are the reasons for a reissue."""
    ends_first: frozenset[str] = frozenset()
    """The reasons for which the predecessor ends before its successor is made; else Stripe ends it after."""
    ends_as: str = ""
    """The parameter with the reason, of a call that ends the predecessor first."""
    shared_fields: tuple[str, ...] = ()
    """The fields that a successor must have as its predecessor has them."""
    replacement_error: Callable[[Mapping[str, Any], str], str] = any_reason
    """Why an object with these fields cannot be reissued for a reason; empty where it can."""

    def ends_after(self, params: Mapping[str, Any]) -> bool:
        """Whether Stripe ends the predecessor that parameters name, as soon as its successor is activated."""
        return self.predecessor in params and params[self.reason] not in self.ends_first


class Kind(Struct, frozen=True, eq=False):
    """A kind of resource: its fields, and what sets it apart from other kinds."""

    name: str
    """What one of it is called in messages: `balance target`."""
    section: str
    """The key that heads it in the YAML: `balance_targets`."""
    service: str
    """The SDK's name for it: `issuing.cards`."""
    resource: str
    """The path of its list in the API: `issuing/cards`."""
    doc: str
    """What editors and the reference show."""
    fields: tuple[Field, ...]
    """The parameters that a resource may declare."""
    rank: int
    """Kinds with a lower rank are created first."""
    role: Role | None
    """What it is to other kinds; None for a scenario, which is checked as a resource is and never sent."""
    object_name: str = ""
    """What Stripe's answers call an object of it: `issuing.card`."""
    created_event: str = ""
    """The type of the event that tells of a new object; empty where Stripe has none."""
    updated_event: str = ""
    """The type of the event that tells of a change; empty where Stripe has none."""
    id_prefix: str = ""
    """What the ids of its objects begin with."""
    retirement: Retirement = Retirement()
    """How its objects end."""
    spending: Spending | None = None
    """What its objects may spend; None where they spend nothing."""
    replacement: Replacement | None = None
    """How an object names its predecessor; None where Stripe knows no reissue of it."""
    pool: Callable[[Mapping[str, Any]], Pool] | None = None
    """The most that all objects which refer to one may spend together; None where it bounds nobody."""
    check: Callable[[Mapping[str, Any]], Iterator[FieldFault]] = no_faults
    """Faults between fields, which hold values of the YAML in their own shapes."""
    doubts: Callable[[Mapping[str, Any]], Iterator[FieldFault]] = no_faults
    """What Stripe may or may not refuse, as its sources disagree."""
    currency: Callable[[Address, Mapping[str, Any]], str | None] = no_currency
    """The currency of a resource's amounts, where it is fixed."""
    deferred_fields: Callable[[Mapping[str, Any]], Mapping[str, Any]] = nothing_deferred
    """The fields that Stripe takes only in a call after the creation."""
    missing_requirements: Callable[[Mapping[str, Any], str], MissingRequirements] = nothing_missing
    """
    What declared fields lack that Stripe will ask for, in an account of a country.

    The country is two upper-case letters, empty where it is not known.
    """
    observe: Callable[[Mapping[str, Any]], ObservedFacts] = no_facts
    """What Stripe says of an object beside its fields, read of its answer."""
    answered: tuple[Field, ...] = ()
    """What `observe` reads of Stripe's answers beside `fields`."""
    name_pattern: str = NAME_PATTERN
    """The regular expression of names in the YAML."""
    name_says: str = NAME_SAYS
    """What would be right, for a name that does not match `name_pattern`."""

    @property
    def is_owned(self) -> bool:
        """Whether it has objects that carry ownership metadata: money has none."""
        return self.role is not Role.BALANCE

    def ends_first(self, reason: str) -> bool:
        """Whether what is reissued for a reason ends before its successor is made."""
        return self.replacement is not None and reason in self.replacement.ends_first

    @property
    def events(self) -> tuple[str, ...]:
        """The types of the events that tell of its objects."""
        return tuple(event for event in (self.created_event, self.updated_event) if event)

    def field(self, name: str) -> Field:
        """Return the field called `name`; raises KeyError."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def held_by_stripe(self, fields: Mapping[str, Any]) -> list[Field]:
        """Return the fields whose value only Stripe sets, and only Stripe lifts."""
        return [each for each in self.fields if fields.get(each.name) in each.stripe_only_values]

    def field_at(self, path: str) -> Field | None:
        """Return the field of the value at a path, None for what is the tool's own."""
        found, fields = None, self.fields
        for name in path.split("."):
            if found is not None and not fields:
                break  # a key of a map of texts
            found = next((field for field in fields if field.name == name), None)
            fields = found.fields if found else ()
        return found


def owned(kinds: Iterable[Kind]) -> list[Kind]:
    """The kinds whose objects carry ownership metadata, those that are created first at the beginning."""
    return sorted((kind for kind in kinds if kind.is_owned), key=lambda kind: kind.rank)
