"""The marks that an object carries after a change, and whether its metadata has room for them."""

from collections.abc import Mapping
from typing import Any

from provisioner.core.model.limits import METADATA_KEYS
from provisioner.core.model.resource import Declared, Live, Ownership
from provisioner.core.ownership.marks import applied, field_code, marks, stamp_for
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import leaves, part


def has_room(declared: Declared, live: Live, after: Ownership) -> bool:
    """Whether metadata takes the marks `after` an update; Stripe refuses a 51st key, and all with it."""
    had, needed = ({key for key, value in marks(stamp).items() if value} for stamp in (live.stamp, after))
    others = live.fields.get("metadata", {}).keys() | declared.fields.get("metadata", {}).keys()
    return needed <= had or len(others) + len(needed) <= METADATA_KEYS


def stamp_after(kind: Kind, declared: Declared, live: Live) -> Ownership:
    """The stamp that an object carries once `declared` has been applied to it, but for what is ignored."""
    before = live.stamp
    record = record_of(kind, before.project, declared, before.applied)
    return stamp_for(before.project, declared.address, before.generation, declared.lifecycle, record, before)


def record_of(kind: Kind, project: str, declared: Declared, before: Mapping[str, str]) -> dict[str, str]:
    """
    The record of what is declared; of what is ignored only what stands in the record `before`.

    A value that was never set by us must never be reset by us.
    """
    ignores = declared.lifecycle.ignores
    record = applied(project, kind.fields, part(kind.fields, declared.fields, lambda path: not ignores(path)))
    ignored = (field_code(path) for path, _, _ in leaves(kind.fields, declared.fields) if ignores(path))
    return record | {name: before[name] for name in ignored if name in before}


def with_marks(
    params: dict[str, Any], stamp: Ownership, before: Ownership, *, room: bool = True
) -> dict[str, Any]:
    """The parameters with the marks that have moved; without room only those that have their key already."""
    old = marks(before)
    moved = {key: value for key, value in marks(stamp).items() if value != old[key] and (room or old[key])}
    metadata = {**params.get("metadata", {}), **moved}
    return params | {"metadata": metadata} if metadata else params
