"""The rows below a change, shared by text, Markdown and HTML: a sign, a path, and both values as text."""

from collections.abc import Sequence

from msgspec import Struct

from provisioner.core.plan.document import ChangeDocument, EditDocument, Mover, ValueDocument
from provisioner.core.schema.field import Direction
from provisioner.views.values import inert, show_amount, show_row, show_value

HOLDER = "cardholder"  # the path of a card's cardholder
NOT_SET = "unset"


class ValueRow(Struct, frozen=True):
    """One value of a change."""

    sign: str
    """`+`, `~` or `-`; empty if the value stays the same."""
    path: str
    """The dotted path of the value."""
    before: str
    """The value before the change, as text; empty if there is none."""
    after: str
    """The value after the change, as text; empty if there is none."""
    per: str = ""
    """The interval and categories of a limit, for both sides."""
    forces_replacement: bool = False
    """True if the change of this value forces replacement of the object."""
    moved: Mover = ""
    """The side that changed the value; empty if it is unknown."""
    power: Direction | None = None
    """The effect of the edit on spending; None for values of a new object, and if there is no effect."""

    @property
    def value(self) -> str:
        """
        Return the old and the new value, or only one if they are equal or one is missing: `a -> b`, `b`, `a
        -> unset`.
        """
        is_one = self.sign in ("", "+")
        return (self.after if is_one else f"{self.before} -> {self.after}") + self.per


def rows(change: ChangeDocument) -> tuple[ValueRow, ...]:
    """Return the rows of a change, edits first."""
    found = [*map(_of_edit, change.edits), *map(_of_value, change.values)]
    if change.money:
        amount = inert(show_amount(*change.money))
        found.append(ValueRow("+", "amount", "", amount))
    return tuple(sorted(found, key=lambda row: not row.sign))


def _of_edit(edit: EditDocument) -> ValueRow:
    is_judged = edit.direction is Direction.BROADENING or edit.before is not None
    return ValueRow(
        edit.symbol,
        inert(edit.path),
        "" if edit.before is None else show_value(edit.before, edit.shown_currency_before),
        NOT_SET if edit.after is None else show_value(edit.after, edit.currency),
        show_row(edit.row),
        edit.forces_replacement,
        edit.moved or "",
        edit.direction if is_judged and edit.direction is not Direction.NEUTRAL else None,
    )


def _of_value(value: ValueDocument) -> ValueRow:
    before, after = (
        NOT_SET if side is None else show_value(side, value.currency) for side in (value.before, value.after)
    )
    return ValueRow("" if before == after else "~", inert(value.path), before, after)


def named(addresses: Sequence[str], most: int) -> str:
    """Return at most `most` addresses, and how many more there are: `a, b and 3 more`."""
    shown = ", ".join(map(inert, addresses[:most]))
    more = len(addresses) - most
    return f"{shown} and {more:,} more" if more > 0 else shown
