"""Fields: the parameters of Stripe's, with the facts that everything else derives from."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from msgspec import Struct


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
    """One parameter of Stripe's, under Stripe's name, and everything that is known of its values."""

    name: str
    """Stripe's name of the parameter."""
    shape: Shape = Shape.TEXT
    """What its values look like."""
    doc: str = ""
    """What editors and the reference show."""
    fields: tuple["Field", ...] = ()
    """The sub-fields of a hash, or the columns of a table."""
    key: tuple[str, ...] = ()
    """The columns that tell the rows of a table apart."""
    choices: tuple[str, ...] = ()
    """The values that Stripe takes; empty where it takes any."""
    open_choices: bool = False
    """Whether Stripe may take values beside `choices`."""
    pattern: str = ""
    """The regular expression that a string must match."""
    pattern_says: str = ""
    """What would be right, for a string that does not match `pattern`."""
    low: int | None = None
    """The lowest number."""
    high: int | None = None
    """The highest number."""
    longest: int | None = None
    """The most characters of a string."""
    required: bool = False
    """Whether a resource must declare it."""
    on_change: OnChange = OnChange.UPDATE
    """What a changed value asks of Stripe."""
    refers_to: str = ""
    """The section whose objects a reference names."""
    default: Any = None
    """What Stripe has when the parameter was never given."""
    server_defaults: tuple[Any, ...] = ()
    """Values that Stripe may show for a field that nobody has set."""
    clearable: bool = True
    """Whether `""` unsets it, or leaving it out where a hash is `sent_whole`."""
    stripe_only_values: tuple[str, ...] = ()
    """Values that only Stripe sets, and only Stripe lifts."""
    personal: bool = False
    """Whether values are personal data, and never shown."""
    secret: bool = False
    """Whether values are secrets, and never shown or exported."""
    write_only: bool = False
    """Whether Stripe never answers it."""
    owned_whole: bool = False
    """Whether a hash is owned as one piece as soon as any of it is declared."""
    sent_whole: bool = False
    """Whether all of a hash is sent when any of it changes."""
    exported: bool = True
    """Whether an export writes it; it leaves out what Stripe chose, and what is past."""
    amounts_in: str = ""
    """The sub-field of a hash that is the currency of its amounts, and theirs where it is left out."""
    example: Any = None
    """A value that the reference shows."""
    equivalent: Callable[[Any, Any], bool] | None = None
    """Whether two values are the same to Stripe, where it rewrites what it is given."""
    direction: Callable[[Any, Any], Direction] = neutral
    """Whether an edit from one value to another gives or takes spending power."""
    intersect: Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]] | None = None
    """The value of a hash that is `owned_whole` which allows what two values both allow, if there is one."""

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
