"""
Digests of the parts of a change that are made first, which are all that an interrupted apply may have
done.
"""

from collections.abc import Iterable

from provisioner.core.diff.change import Action, Change, content
from provisioner.core.plan.order import first_half
from provisioner.core.schema.field import Direction, Field
from provisioner.core.schema.kind import Kind

ADDRESS = "address"  # the path of the edit that renames


def between(kind: Kind, change: Change) -> str:
    """
    Return a digest of the spending controls that an update sets first.

    Empty unless the update both raises and lowers what the controls allow.
    """
    if change.action is not Action.UPDATE or not change.live or not change.declared:
        return ""
    field = set_twice(kind)
    if not field or not field.intersect:
        return ""
    had, wants = (side.fields.get(field.name) or {} for side in (change.live, change.declared))
    values = field.intersect(had, wants)
    return content([field.name, values]) if values not in (had, wants) else ""


def set_first(kind: Kind, change: Change) -> frozenset[str]:
    """Return the paths of the values that an interrupted apply may have changed before the others."""
    if change.action is Action.REPLACE:
        return moving(kind, (edit.path for edit in change.edits))
    is_halved = change.action is Action.UPDATE and change.direction is Direction.BROADENING
    half = first_half(kind, change) if is_halved else None
    twice = set_twice(kind)
    paths = {edit.path for edit in half.edits} if half else set()
    return frozenset(paths | ({twice.name} if twice and between(kind, change) else set()))


def moving(kind: Kind, paths: Iterable[str]) -> frozenset[str]:
    """Return the paths that may differ already in an object to be replaced: its name, and its references."""
    refs = {field.name for field in kind.fields if field.refers_to}
    return frozenset({path for path in paths if path in refs or path == ADDRESS})


def set_twice(kind: Kind) -> Field | None:
    """
    Return the field that an update may first set to what both sides allow, if the kind has one.

    Only kinds that others refer to (a cardholder) have such a field.
    """
    return next((field for field in kind.fields if field.intersect and kind.spending is None), None)
