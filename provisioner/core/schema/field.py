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
