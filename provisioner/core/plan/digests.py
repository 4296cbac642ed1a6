"""What an apply that is stopped half-way leaves of a change: the parts that go ahead of the rest."""

from collections.abc import Iterable

from provisioner.core.diff.change import Action, Change, content
from provisioner.core.plan.order import first_half
from provisioner.core.schema.field import Direction, Field
from provisioner.core.schema.kind import Kind

ADDRESS = "address"  # the path of the edit that renames


def between(kind: Kind, change: Change) -> str:
    """What stands for the controls that an update sets first, where it both gives and takes; else empty."""
    field = set_twice(kind)
    if (
        change.action is not Action.UPDATE
        or not field
        or not field.intersect
        or not change.live
        or not change.declared
    ):
        return ""
    had, wants = (side.fields.get(field.name) or {} for side in (change.live, change.declared))
    values = field.intersect(had, wants)
    return content([field.name, values]) if values not in (had, wants) else ""


def set_first(kind: Kind, change: Change) -> frozenset[str]:
    """The paths of what an apply that is stopped half-way may have changed of the object before the rest."""
    if change.action is Action.REPLACE:
        return moving(kind, (edit.path for edit in change.edits))
    is_halved = change.action is Action.UPDATE and change.direction is Direction.BROADENING
    half = first_half(kind, change) if is_halved else None
    twice = set_twice(kind)
    paths = {edit.path for edit in half.edits} if half else set()
    return frozenset(paths | ({twice.name} if twice and between(kind, change) else set()))


def moving(kind: Kind, paths: Iterable[str]) -> frozenset[str]:
    """What may have moved of an object that is to be replaced: its name, and what it refers to."""
    refs = {field.name for field in kind.fields if field.refers_to}
    return frozenset({path for path in paths if path in refs or path == ADDRESS})


def set_twice(kind: Kind) -> Field | None:
    """The field of which an update may set both sides' common part first: of what others refer to."""
    return next((field for field in kind.fields if field.intersect and kind.spending is None), None)
