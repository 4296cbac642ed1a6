"""Attribution: which side has moved a value since the last apply.

The record on each object holds a digest of every value last applied. A value that differs was moved in Stripe
when the configuration still has what was applied, in the configuration when Stripe still has it, and on both
sides otherwise.
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from provisioner.core.diff.baseline import digests
from provisioner.core.diff.change import Edit, Moved
from provisioner.core.model.resource import Declared, Live, Ref
from provisioner.core.ownership.inventory import Inventory
from provisioner.core.ownership.marks import field_code, value_digest
from provisioner.core.schema.field import Field
from provisioner.core.schema.kind import Kind


def attributed(
    kind: Kind, declared: Declared, live: Live, edits: Sequence[Edit], inventory: Inventory
) -> Iterator[Edit]:
    """Yield the edits of an object, each with the side that has moved."""
    if not edits:
        return
    lives, wants = digests(kind, declared, live)
    for edit in edits:
        path = edit.path.partition("[")[0]
        field, code = kind.field_at(path), field_code(path)
        was = live.stamp.applied.get(code)
        if not live.stamp.applied:
            moved = Moved.UNKNOWN
        elif field is None or field.write_only or _is_expected(declared, live, field, inventory):
            moved = Moved.YAML
        elif wants.get(code) == was:
            moved = Moved.LIVE
        else:
            # a default that Stripe answers, and a value that it has none of, may both be what was applied
            unset = value_digest(live.stamp.project, path, field, field.default)
            had = lives.get(code, None if field.default is None else unset)
            # a value that was never applied cannot have been moved away from
            moved = Moved.BOTH if had != was and was is not None else Moved.YAML
        yield replace(edit, moved=moved)


def _is_expected(declared: Declared, live: Live, field: Field, inventory: Inventory) -> bool:
    """
    Whether our own run has left a value like this.

    An object that was created inactive waits for its activation, and one that refers to an object which we
    have replaced since waits to be carried along.
    """
    if field.name == "status" and live.stamp.to_activate:
        return True
    wanted, had = declared.fields.get(field.name), live.fields.get(field.name)
    if isinstance(wanted, Ref) and wanted == had:  # it is replaced by this plan
        return True
    return isinstance(wanted, Ref) and any(
        had in kind.past.get(wanted.address, ()) for kind in inventory.estates.values()
    )
