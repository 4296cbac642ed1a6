"""
Describes a kind: its fields as a tree, and the few facts in which kinds differ.

Everything else (JSON Schema, normal form, diff, masking, calls) walks this tree, so each fact about one of
Stripe's fields is written down only once.
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
    """The amount that all objects that refer to the same object may spend together in a month."""

    amount: int | None = None
    """The amount in minor units; None means no limit."""
    currency: str = ""
    """The currency; empty for any."""

    def is_foreign(self, currency: str) -> bool:
        """Return whether it is a limit in another currency, whose exchange rate is unknown here."""
        return self.amount is not None and self.currency not in ("", currency)

    def is_within(self, other: "Pool") -> bool:
        """Return whether it is a limit, at most as high as another one in the same currency."""
        return (
            self.amount is not None
            and other.amount is not None
            and self.currency == other.currency
            and self.amount <= other.amount
        )


class FieldFault(NamedTuple):
    """A conflict between the fields of one resource."""

    path: tuple[str | int, ...]
    """The path of the field."""
    text: str
    """The problem, and how to fix it."""


def no_faults(_fields: Mapping[str, Any]) -> Iterator[FieldFault]:
    """Yield no faults, for a kind whose fields do not constrain each other."""
    yield from ()


def no_currency(_address: Address, _fields: Mapping[str, Any]) -> str | None:
    """Return None, for a kind whose amounts may be in any currency."""
    return None


def no_facts(_raw: Mapping[str, Any]) -> ObservedFacts:
    """Return no facts, for a kind of which Stripe returns nothing but fields."""
    return NO_FACTS


def nothing_missing(_fields: Mapping[str, Any], _country: str) -> MissingRequirements:
    """Return no requirements, for a kind that can be used immediately after creation."""
    return MissingRequirements((), (), "")


def no_identities(_fields: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield nothing, for a kind whose objects do not represent anybody."""
    yield from ()


def any_reason(_fields: Mapping[str, Any], _reason: str) -> str:
    """Return no error, for a kind that can be reissued for every reason."""
    return ""


def nothing_deferred(_fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return no deferred fields, for a kind that is created in one call."""
    return {}


def nothing_granted(fields: Mapping[str, Any], _power: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields unchanged, for a kind that grants cannot change."""
    return fields


def no_grant_faults(_fields: Mapping[str, Any], _power: Mapping[str, Any]) -> Iterator[FieldFault]:
    """Yield no faults, for a kind that grants cannot change."""
    yield from ()


class Role(Enum):
    """The role of a kind among the kinds; every rule about cards, cardholders or money uses it."""

    HOLDER = "holder"  # a cardholder, which may limit what all spenders that refer to it spend together
    SPENDER = "spender"  # spends money
    DESIGN = "design"  # the design of spenders
    ENDPOINT = "endpoint"  # receives notifications of events
    BALANCE = "balance"  # the balance, which is not an object that a project owns


class Fate(Enum):
    """The circumstances in which a change creates or ends an object."""

    CREATED = "created"
    RECREATED = "recreated"  # its predecessor has ended before
    REPLACED = "replaced"  # its predecessor ends once it exists
    RENEWED = "renewed"  # it refers to its predecessor, which works until its successor is activated
    # its predecessor ends before it is created, for example because it is lost or stolen
    ENDED_FIRST = "ended first"
    DEACTIVATED = "deactivated"
    CANCELED = "canceled"

    @property
    def is_new(self) -> bool:
        """Return whether an object is created."""
        return self not in (Fate.DEACTIVATED, Fate.CANCELED)


def nothing_follows(_fate: Fate, _fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield no consequences, for a kind whose changes have no other effects."""
    yield from ()


class Retirement(Struct, frozen=True):
    """The ways to end objects of a kind."""

    deactivate: Mapping[str, Any] = {}
    """The parameters that deactivate an object, which can be undone; empty if Stripe has none."""
    cancel: Mapping[str, str] = {}
    """The parameters that permanently end an object; empty if Stripe has none."""
    deletes: bool = False
    """True if an object is permanently ended by deleting it."""
    final_statuses: frozenset[str] = frozenset()
    """The statuses of an object that can never act or change again."""
    ends_by: str = ""
    """The path of a field by which Stripe ends an object without another call."""

    @property
    def can_end(self) -> bool:
        """Return whether Stripe can end an object at all."""
        return bool(self.deactivate) or self.is_permanent

    @property
    def is_permanent(self) -> bool:
        """Return whether Stripe can end an object permanently."""
        return bool(self.cancel) or self.deletes

    def params(self, *, cancel: bool) -> Mapping[str, Any]:
        """
        Return the parameters that end an object; with `cancel` permanently, if Stripe can.

        A deletion has no parameters.
        """
        return self.cancel if cancel and self.is_permanent else self.deactivate

    def is_final(self, fields: Mapping[str, Any]) -> bool:
        """Return whether an object with these fields has ended permanently."""
        return fields.get("status") in self.final_statuses


class Spending(Struct, frozen=True):
    """The amounts that objects of a kind may spend."""

    exposure: Callable[[Mapping[str, Any]], int | None]
    """
    The most that an object may spend in a month, by its own limits and those that Stripe adds.

    It is in minor units; None means that the limits do not bound a month.
    """
    grant_fields: tuple[Field, ...] = ()
    """The fields that a grant can set temporarily; empty if there are none."""
    granted: Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]] = nothing_granted
    """Returns the fields of an object with a grant's values merged in, which never lowers spending."""
    grant_faults: Callable[[Mapping[str, Any], Mapping[str, Any]], Iterator[FieldFault]] = no_grant_faults
    """Yields the values of a grant that cannot be given to an object with these fields."""


class Replacement(Struct, frozen=True):
    """The parameters by which an object of a kind refers to the one that it replaces."""

    predecessor: str
    """The field with the id of the object that it replaces."""
    reason: str
    """The field with the reason, whose choices are the reasons for a reissue."""
    ends_first: frozenset[str] = frozenset()
    """
    The reasons for which the predecessor ends before its successor is created; otherwise, it ends
    after.
    """
    ends_as: str = ""
    """The parameter for the reason, in a call that ends the predecessor first."""
    shared_fields: tuple[str, ...] = ()
    """The fields that must be the same in a successor and its predecessor."""
    replacement_error: Callable[[Mapping[str, Any], str], str] = any_reason
    """Returns why an object with these fields cannot be reissued for a reason; empty if it can."""

    def ends_after(self, params: Mapping[str, Any]) -> bool:
        """Return whether Stripe ends the predecessor in `params` when its successor is activated."""
        return self.predecessor in params and params[self.reason] not in self.ends_first


class Kind(Struct, frozen=True, eq=False):
    """A kind of resource: its fields, and the properties that distinguish it from other kinds."""

    name: str
    """The name of one object in messages: `balance target`."""
    section: str
    """The key of its section in the YAML: `balance_targets`."""
    service: str
    """The SDK's name for it: `issuing.cards`."""
    resource: str
    """The path of its list in the API: `issuing/cards`."""
    doc: str
    """The description that editors and the reference show."""
    fields: tuple[Field, ...]
    """The parameters that a resource may set."""
    rank: int
    """Kinds with a lower rank are created first."""
    role: Role | None
    """Its role among the kinds; None for a scenario, which is checked like a resource but not sent."""
    object_name: str = ""
    """The name of the object in Stripe's responses: `issuing.card`."""
    created_event: str = ""
    """The type of the event that reports a new object; empty if Stripe has none."""
    updated_event: str = ""
    """The type of the event that reports a change; empty if Stripe has none."""
    named_by: tuple[str, ...] = ("name", "email")
    """The fields by which people distinguish its objects; the first is always set."""
    lists_by_time: bool = True
    """True if a list of its objects can be limited to those created after a time."""
    is_optional: bool = False
    """True if a key that cannot read its objects is enough for a project without resources of this kind."""
    id_prefix: str = ""
    """The prefix of the ids of its objects."""
    retirement: Retirement = Retirement()
    """The ways to end its objects."""
    spending: Spending | None = None
    """The amounts that its objects may spend; None if they spend nothing."""
    replacement: Replacement | None = None
    """The parameters by which an object refers to its predecessor; None if Stripe cannot reissue it."""
    pool: Callable[[Mapping[str, Any]], Pool] | None = None
    """
    Returns the most that all objects that refer to one may spend together; None if there is no such
    limit.
    """
    check: Callable[[Mapping[str, Any]], Iterator[FieldFault]] = no_faults
    """Yields conflicts between the fields of a resource, given the values in the YAML."""
    check_live: Callable[[Mapping[str, Any]], Iterator[FieldFault]] = no_faults
    """Yields values that Stripe accepts in test mode only."""
    doubts: Callable[[Mapping[str, Any]], Iterator[FieldFault]] = no_faults
    """Yields values that Stripe may reject, because its documentation and its SDK disagree."""
    currency: Callable[[Address, Mapping[str, Any]], str | None] = no_currency
    """Returns the currency of a resource's amounts, if it is fixed."""
    deferred_fields: Callable[[Mapping[str, Any]], Mapping[str, Any]] = nothing_deferred
    """Returns the fields that Stripe accepts only in a call after the creation."""
    creation_extras: Callable[[Mapping[str, Any]], Mapping[str, Any]] = nothing_deferred
    """Returns the parameters of a creation that are not fields; each one is in `unreturned`."""
    unreturned: tuple[Field, ...] = ()
    """The parameters that are not fields and that Stripe never returns."""
    missing_requirements: Callable[[Mapping[str, Any], str], MissingRequirements] = nothing_missing
    """
    Returns Stripe's requirements that the configured fields do not meet, in an account of a country.

    The country is two upper-case letters, or empty if it is unknown.
    """
    outline: tuple[str, ...] = ()
    """The paths of values that a plan shows for a replaced or retired object, even if they do not change."""
    consequences: Callable[[Fate, Mapping[str, Any]], Iterator[str]] = nothing_follows
    """Yields for reviewers the other effects of creating or ending an object with these fields."""
    dashboard: str = ""
    """The path of its objects in Stripe's Dashboard; empty if they have no page there."""
    observe: Callable[[Mapping[str, Any]], ObservedFacts] = no_facts
    """Returns the facts about an object other than its fields, read from Stripe's response."""
    identities: Callable[[Mapping[str, Any]], Iterator[tuple[str, ...]]] = no_identities
    """
    Yields the values that identify the person or company of an object, the surest first.

    Each has a name (`name and e-mail address`) and its values, which must not be shown.
    """
    secret: str = ""
    """The name of a secret that Stripe returns only when an object is created; empty if there is none."""
    answered: tuple[Field, ...] = ()
    """The members of Stripe's responses that `observe` reads in addition to `fields`."""
    name_pattern: str = NAME_PATTERN
    """The regular expression of names in the YAML."""
    name_says: str = NAME_SAYS
    """The description of a correct name, shown if a name does not match `name_pattern`."""

    @property
    def is_owned(self) -> bool:
        """Return whether its objects have ownership metadata; the balance has no objects."""
        return self.role is not Role.BALANCE

    def ends_first(self, reason: str) -> bool:
        """Return whether an object that is reissued for a reason ends before its successor is created."""
        return self.replacement is not None and reason in self.replacement.ends_first

    @property
    def events(self) -> tuple[str, ...]:
        """Return the types of the events that report on its objects."""
        return tuple(event for event in (self.created_event, self.updated_event) if event)

    def field(self, name: str) -> Field:
        """Return the field called `name`; raises KeyError if there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def held_by_stripe(self, fields: Mapping[str, Any]) -> list[Field]:
        """Return the fields whose current value only Stripe can set and remove."""
        return [each for each in self.fields if fields.get(each.name) in each.stripe_only_values]

    def field_at(self, path: str) -> Field | None:
        """Return the field of the value at a path, or None if the path is not a Stripe field."""
        found, fields = None, self.fields
        for name in path.split("."):
            if found is not None and not fields:
                break  # a key of a map of texts
            found = next((field for field in fields if field.name == name), None)
            fields = found.fields if found else ()
        return found


def announced(kinds: Iterable[Kind]) -> list[Kind]:
    """Return the owned kinds about which Stripe has events, in the order of creation."""
    return [kind for kind in owned(kinds) if kind.events]


def owned(kinds: Iterable[Kind]) -> list[Kind]:
    """Return the kinds whose objects have ownership metadata, in the order of creation."""
    return sorted((kind for kind in kinds if kind.is_owned), key=lambda kind: kind.rank)
