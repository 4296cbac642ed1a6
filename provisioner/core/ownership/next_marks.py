"""Computes the ownership metadata of an object after a change, and whether there is room for it."""

from collections.abc import Mapping
from typing import Any

from provisioner.core.model.limits import METADATA_KEYS
from provisioner.core.model.resource import Declared, Live, Ownership
from provisioner.core.ownership.marks import UNREAD, applied, field_code, marks, stamp_for
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import leaves, part


def has_room(declared: Declared, live: Live, after: Ownership) -> bool:
    """Return whether metadata has room for the stamp `after`; Stripe rejects an update with a 51st key."""
    had, needed = ({key for key, value in marks(stamp).items() if value} for stamp in (live.stamp, after))
    others = live.fields.get("metadata", {}).keys() | declared.fields.get("metadata", {}).keys()
    return needed <= had or len(others) + len(needed) <= METADATA_KEYS


def waits_for_activation(declared: Declared, live: Live) -> bool:
    """Return whether provisioner created an object as inactive and has not activated it yet."""
    return live.stamp.to_activate and declared.fields.get("status") == "active" != live.fields.get("status")


def stamp_after(kind: Kind, declared: Declared, live: Live) -> Ownership:
    """Return the stamp of an object after `declared`, without its ignored values, has been applied to it."""
    before = live.stamp
    record = record_of(kind, before.project, declared, before.applied)
    return stamp_for(before.project, declared.address, before.generation, declared.lifecycle, record, before)


def record_of(kind: Kind, project: str, declared: Declared, before: Mapping[str, str]) -> dict[str, str]:
    """
    Return the record of the configured values; ignored values keep the entries that they had `before`.

    A value that provisioner never set must never be reset. Values that Stripe does not return for an imported
    object stay unknown until they are configured.
    """
    ignores = declared.lifecycle.ignores
    record = applied(project, kind.fields, part(kind.fields, declared.fields, lambda path: not ignores(path)))
    ignored = (field_code(path) for path, _, _ in leaves(kind.fields, declared.fields) if ignores(path))
    kept = {name: before[name] for name in ignored if name in before}
    codes = (field_code(field.name) for field in kind.fields if field.null_is_unknown)
    unknown = {code: UNREAD for code in codes if before.get(code) == UNREAD}
    return unknown | record | kept


def with_marks(
    params: dict[str, Any], stamp: Ownership, before: Ownership, *, room: bool = True
) -> dict[str, Any]:
    """Return the parameters with the changed metadata; without `room`, only with keys that already exist."""
    old = marks(before)
    moved = {key: value for key, value in marks(stamp).items() if value != old[key] and (room or old[key])}
    metadata = {**params.get("metadata", {}), **moved}
    return params | {"metadata": metadata} if metadata else params
