"""The default parameters of the calls that create, update and retire objects in Stripe."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from provisioner.core.diff.change import Change
from provisioner.core.model.resource import Declared, Live, Ownership
from provisioner.core.ownership.marks import LIFECYCLE, applied, field_code, marks, stamp_for, unread
from provisioner.core.ownership.next_marks import (
    has_room,
    record_of,
    stamp_after,
    waits_for_activation,
    with_marks,
)
from provisioner.core.schema.field import Field, Shape
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import EMPTY, at, leaves, part, put, to_wire

FIRST_ATTEMPT = "0"
UNSET = ""  # what Stripe accepts as "no value"; the SDK silently drops None, [] and {}


def creation_params(
    kind: Kind, project: str, change: Change, *, inactive: bool, salt: str = ""
) -> dict[str, Any]:
    """
    Return the parameters that create an object, with its ownership metadata under the project's `salt`.

    Fields that Stripe accepts only later (`kind.deferred_fields`) are omitted; with `inactive`, so is the
    activation.
    """
    declared = _declared(change)
    later = kind.deferred_fields(declared.fields)
    params = {
        name: to_wire(value)
        for name, value in declared.fields.items()
        if name not in later and value not in EMPTY and kind.field(name).in_creation
    }
    if inactive and params.get("status") == "active":
        params["status"] = "inactive"
    is_left = declared.fields.get("status") == "active" != params.get("status")
    record = applied(project, kind.fields, declared.fields)
    if declared.lifecycle.ignore:
        record = record_of(kind, project, declared, record)
    stamp = replace(_new(kind, project, change, salt, record), to_activate=is_left)
    written = {key: value for key, value in marks(stamp).items() if value}
    more = {**kind.creation_extras(declared.fields), **change.params}
    return params | more | {"metadata": {**params.get("metadata", {}), **written}}


def activation_params(
    kind: Kind, project: str, change: Change, sent: Mapping[str, Any], *, salt: str = ""
) -> dict[str, Any]:
    """
    Return the parameters that activate a new object, and the ownership metadata that records this.

    If the object is found inactive later, somebody else must have deactivated it.
    """
    created = _new(kind, project, change, salt, {})
    told = marks(replace(created, revision=created.revision + 1, secret=""))[LIFECYCLE]
    return {**sent, "metadata": {LIFECYCLE: told}}


def _new(kind: Kind, project: str, change: Change, salt: str, record: Mapping[str, str]) -> Ownership:
    """Return the stamp of an object when it is created, with the record of its values."""
    declared = _declared(change)
    reissued = change.live.stamp.reissued if change.live else change.reissued
    before = Ownership(project, declared.address, reissued=reissued, predecessor=change.follows, salt=salt)
    stamp = stamp_for(project, declared.address, change.generation, declared.lifecycle, record, before)
    return replace(stamp, secret=FIRST_ATTEMPT if kind.secret and declared.secret_to else "")


def update_params(kind: Kind, change: Change, *, half: bool = False, salt: str = "") -> dict[str, Any]:
    """
    Return the parameters for the edits of an update, with updated ownership metadata.

    The first `half` of an update that is made in two calls records only the values that it sets, so that a
    later run knows that nobody else set them.
    """
    declared, live = _declared(change), _live(change)
    touched = [edit.path.partition("[")[0] for edit in change.edits]
    wanted: Mapping[str, Any] = declared.fields
    for path in declared.lifecycle.ignore:
        wanted = put(wanted, path, at(live.fields, path))
    params = {
        field.name: sent
        for field in kind.fields
        if (sent := _sent(field, field.name, wanted, live.fields, touched)) is not None
    }
    if half:
        paths = {path for path in touched if at(declared.fields, path) != at(live.fields, path)}
        record = {
            code: digest for code, digest in live.stamp.applied.items() if code not in map(field_code, paths)
        }
        record |= applied(
            live.stamp.project, kind.fields, part(kind.fields, declared.fields, paths.__contains__)
        )
        params = with_marks(params, replace(live.stamp, applied=record), live.stamp, room=False)
    else:
        after = stamp_after(kind, declared, live)
        room = has_room(declared, live, after)
        is_left = waits_for_activation(declared, live) and "status" not in touched
        after = replace(after, salt=after.salt or salt, to_activate=is_left)
        params = with_marks(params, after, live.stamp, room=room)
    return params


def adoption_params(kind: Kind, change: Change, *, salt: str = "") -> dict[str, Any]:
    """
    Return only the metadata that imports an object; metadata left by another project is unset.

    The live values of all configured fields, and of all keys of a hash that is owned as a whole, are recorded
    as applied, except for ignored fields. So every difference then counts as a change in the YAML.
    """
    declared, live = _declared(change), _live(change)
    project, ignores = live.stamp.project, declared.lifecycle.ignores
    whole = tuple(
        f"{each.name}." for each in kind.fields if each.owned_whole and each.name in declared.fields
    )
    ours = {path for path, _, _ in leaves(kind.fields, declared.fields)}
    ours |= {path for path, _, _ in leaves(kind.fields, live.fields) if path.startswith(whole)}
    ours = {path for path in ours if not ignores(path)}
    record = applied(project, kind.fields, part(kind.fields, live.fields, ours.__contains__))
    record |= unread(project, kind.fields, live.fields, declared.fields)
    before = replace(live.stamp, salt=salt)
    stamp = stamp_for(project, declared.address, change.generation, declared.lifecycle, record, before)
    left = live.fields.get("metadata", {})
    return {"metadata": {key: value for key, value in marks(stamp).items() if value or key in left}}


def _sent(
    field: Field, path: str, want: Mapping[str, Any], have: Mapping[str, Any], touched: Sequence[str]
) -> Any:
    """Return the parameter for one field, or None if no edit touches it."""
    if not any(name == path or name.startswith(path + ".") for name in touched):
        return None
    wanted, had = want.get(field.name), have.get(field.name)
    if field.shape is Shape.MAP:
        names = [name.removeprefix(path + ".") for name in touched if name.startswith(path + ".")]
        return {name: (wanted or {}).get(name, UNSET) for name in names}
    if field.shape is not Shape.HASH:
        return _value(field, wanted)
    if field.owned_whole or field.sent_whole:
        return _whole(field, wanted or {}, had or {}, path, touched)
    parts = {
        sub.name: sent
        for sub in field.fields
        if (sent := _sent(sub, f"{path}.{sub.name}", wanted or {}, had or {}, touched)) is not None
    }
    return parts or None


def _value(field: Field, wanted: Any) -> Any:
    if wanted is not None and wanted != ():
        return to_wire(wanted)
    return field.default if field.default is not None else UNSET


def _whole(
    field: Field, want: Mapping[str, Any], have: Mapping[str, Any], path: str, touched: Sequence[str]
) -> dict[str, Any]:
    """
    Return a complete hash: configured values and (unless owned) values of others and ignored values.

    Stripe does not document whether it merges a nested hash or replaces it: a complete hash gives the same
    result. Only a removed value differs. It is unset if the hash is owned and Stripe accepts that. Otherwise
    it is omitted, because a hash whose parts are required in every call is replaced [?].
    """
    parts: dict[str, Any] = {}
    for sub in field.fields:
        wanted, had = want.get(sub.name), have.get(sub.name)
        if sub.shape is Shape.HASH and (wanted or had):
            parts[sub.name] = _whole(sub, wanted or {}, had or {}, f"{path}.{sub.name}", touched)
        elif wanted is not None:
            parts[sub.name] = to_wire(wanted)
        elif had is not None and any(name.startswith(f"{path}.{sub.name}") for name in touched):
            if field.owned_whole or sub.default is not None:
                parts[sub.name] = _value(sub, None)
        elif had is not None and not field.owned_whole:
            parts[sub.name] = to_wire(had)
    return parts


def retirement(kind: Kind, live: Live, *, cancel: bool, why: str = "") -> tuple[dict[str, Any], str]:
    """
    Return the parameters that retire an object, and its status afterwards.

    `why` is Stripe's cancellation reason (lost or stolen), which may be empty. The record says that
    provisioner set the status: if the object is in the configuration again without a status, the status is
    reset to Stripe's default, and the same object is used. A kind without cancellation is deactivated.
    """
    params = dict(kind.retirement.params(cancel=cancel))
    if why and kind.replacement:
        params[kind.replacement.ends_as] = why
    record = dict(live.stamp.applied)
    record |= applied(live.stamp.project, kind.fields, params)
    after = replace(live.stamp, applied=record, revision=live.stamp.revision + 1)
    return with_marks(params, after, live.stamp), params.get("status", "")


def _declared(change: Change) -> Declared:
    if change.declared is None:
        raise ValueError(f"{change.address}: {change.action} without a declaration")
    return change.declared


def _live(change: Change) -> Live:
    if change.live is None:
        raise ValueError(f"{change.address}: {change.action} without a live object")
    return change.live
