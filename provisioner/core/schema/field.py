"""Fields: Stripe's parameters, with the facts from which everything else is derived."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from msgspec import Struct


class Shape(Enum):
    """The form of a field's value in normal form."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    AMOUNT = "amount"  # minor units; the YAML may also have "2,000.00 USD"
    SET = "set"  # texts without order; sorted in normal form
    LIST = "list"  # texts in an order that matters
    HASH = "hash"  # named sub-fields
    TABLE = "table"  # rows of sub-fields without order, distinguished by `key`
    MAP = "map"  # texts by names that the user chooses (metadata)
    REF = "ref"  # the id of an object of the section `refers_to`
    FILE = "file"  # an uploaded file; the YAML has its path, Stripe its id


class OnChange(Enum):
    """The kind of call that Stripe needs to change a value."""

    UPDATE = "update"
    REPLACE = "replace"


class Direction(Enum):
    """The effect of an edit on spending: it lowers, keeps or raises what may be spent."""

    TIGHTENING = "tightening"
    NEUTRAL = "neutral"
    BROADENING = "broadening"


def neutral(_before: Any, _after: Any) -> Direction:
    """Return the direction of edits that do not affect spending."""
    return Direction.NEUTRAL


class Field(Struct, frozen=True):
    """One Stripe parameter, by Stripe's name, with everything that is known about its values."""

    name: str
    """Stripe's name of the parameter."""
    shape: Shape = Shape.TEXT
    """The form of its values."""
    doc: str = ""
    """The description that editors and the reference show."""
    fields: tuple["Field", ...] = ()
    """The sub-fields of a hash, or the columns of a table."""
    key: tuple[str, ...] = ()
    """The columns that distinguish the rows of a table."""
    choices: tuple[str, ...] = ()
    """The values that Stripe accepts; empty if it accepts any."""
    open_choices: bool = False
    """True if Stripe may accept values other than `choices`."""
    pattern: str = ""
    """The regular expression that a string must match."""
    pattern_says: str = ""
    """The description of a correct value, shown if a string does not match `pattern`."""
    low: int | None = None
    """The lowest number."""
    high: int | None = None
    """The highest number."""
    longest: int | None = None
    """The maximum number of characters in a string."""
    required: bool = False
    """True if every resource must have it."""
    on_change: OnChange = OnChange.UPDATE
    """The kind of call that Stripe needs to change it."""
    refers_to: str = ""
    """The section that a reference refers to."""
    id_of: str = ""
    """For fields that contain only ids: the resource of these ids, such as `treasury/financial_accounts`."""
    named_in: str = ""
    """The resource whose objects the value refers to, by name or by id: `issuing/physical_bundles`."""
    named_prefix: str = ""
    """For `named_in`: the prefix of the ids."""
    upload_purpose: str = ""
    """For a file: Stripe's name for its purpose."""
    default: Any = None
    """The value in Stripe if the parameter has never been given."""
    server_defaults: tuple[Any, ...] = ()
    """Values that Stripe may return for a field that nobody has set."""
    clearable: bool = True
    """True if it can be unset: with `""`, or by leaving it out of a hash that is `sent_whole`."""
    stripe_only_values: tuple[str, ...] = ()
    """Values that only Stripe can set and remove."""
    personal: bool = False
    """True if values are personal data, which are never shown."""
    secret: bool = False
    """True if values are secrets, which are never shown or exported."""
    write_only: bool = False
    """True if Stripe never returns it."""
    in_creation: bool = True
    """True if the call that creates an object accepts it."""
    returned_as: str = ""
    """The name under which Stripe returns it; empty if it is the parameter's name."""
    returned_values: Mapping[str, Any] = {}
    """For `returned_as`: the parameter's value for each value that Stripe returns."""
    null_is_unknown: bool = False
    """True if Stripe may return no value although one was set, so that an imported object may have any."""
    owned_whole: bool = False
    """True if configuring any part of a hash means that the project owns all of it."""
    sent_whole: bool = False
    """True if the whole hash is sent when any part of it changes."""
    exported: bool = True
    """True if an export includes it; values that Stripe chose and outdated values are not exported."""
    amounts_in: str = ""
    """The sub-field with the currency of a hash's amounts; if omitted, the amounts determine it."""
    example: Any = None
    """A value that the reference shows."""
    equivalent: Callable[[Any, Any], bool] | None = None
    """A function that returns whether two values are the same to Stripe, for fields that Stripe rewrites."""
    direction: Callable[[Any, Any], Direction] = neutral
    """A function that returns whether an edit from one value to another raises or lowers spending."""
    intersect: Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]] | None = None
    """
    For an `owned_whole` hash: a function that returns the value that allows only what two values both allow,
    if there is one.
    """

    @property
    def sensitive(self) -> bool:
        """Return whether its values must never be shown."""
        return self.personal or self.secret

    @property
    def has_amounts(self) -> bool:
        """Return whether its values are amounts, or contain amounts."""
        return self.shape is Shape.AMOUNT or any(sub.shape is Shape.AMOUNT for sub in self.fields)

    def returned(self, raw: Mapping[str, Any]) -> Any:
        """Return the field's value in parameters, or in an object that Stripe returns."""
        if self.returned_as and self.name not in raw:
            return self.returned_values.get(raw.get(self.returned_as, ""))
        return raw.get(self.name)

    def field(self, name: str) -> "Field":
        """Return the sub-field called `name`; raises KeyError if there is none."""
        for sub in self.fields:
            if sub.name == name:
                return sub
        raise KeyError(name)
