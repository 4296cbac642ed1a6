"""Explains why a change is not the approved one: which side changed, from which value, and to which."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from provisioner.core.diff.change import OUR_OWN, Action, Change, Edit
from provisioner.core.model.money import show_money
from provisioner.core.model.resource import SECRET_TO, Declared
from provisioner.core.plan.document import ChangeDocument, EditDocument, as_json, edit_document
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import at, leaves

FEW = 3  # at most this many fields are listed; the others are counted
LONGEST = 60
RECORDS = ("managed", "recorded")  # edits of provisioner's record, which lists the configured values
PLAIN = "["  # a path that contains rows does not lead to a single value
_ROW = re.compile(r"([^\[]+)\[([0-9]{1,4})\](?:\.(.+))?")


def differs(edit: Edit, approved: EditDocument) -> bool:
    """Return True if a reader would see an edit other than the approved one, whichever side has changed."""
    document = edit_document(edit, approved.digest)
    document = replace(document, moved=approved.moved, trace=approved.trace)
    return _json(as_json(document)) != _json(as_json(approved))


def is_declared(kind: Kind, declared: Declared, approved: Iterable[EditDocument]) -> bool:
    """Return True if the configuration still contains the approved edits, as far as they show values."""
    return all(_asks(kind, declared, edit) for edit in approved if not edit.sensitive)


def _asks(kind: Kind, declared: Declared, edit: EditDocument) -> bool:
    path, after = edit.path, edit.after
    own, _, name = path.partition(".")
    if own == "lifecycle":
        return bool(getattr(declared.lifecycle, name, after) == after)
    if own == SECRET_TO:
        return bool(declared.secret_to and declared.secret_to.value == after)
    if path in RECORDS:
        return {place for place, _, _ in leaves(kind.fields, declared.fields)}.issuperset(after)
    if path.startswith(OUR_OWN):
        return True
    value = _value(declared.fields, path)
    if value is None and (field := kind.field_at(path)) and after == field.default:
        return True  # the value in Stripe of a field that is no longer in the configuration
    return _json(value) == _json(after)


def _value(fields: Mapping[str, Any], path: str) -> Any:
    """Return the value at a path that may lead into rows (`spending_limits[0].amount`), or None."""
    top, _, name = path.partition(".")
    here = fields.get(top)
    if isinstance(here, Mapping) and name in here:
        return here[name]  # a key of metadata may contain dots
    row = _ROW.fullmatch(path)
    if not row:
        return at(fields, path)
    rows, number = at(fields, row[1]), int(row[2])
    there = rows[number] if isinstance(rows, tuple) and number < len(rows) else None
    return there.get(row[3]) if there and row[3] else there


def what_is_new(change: Change) -> str:
    """Return the fields of a change that was not approved; for an update, with the values on both sides."""
    if change.action is not Action.UPDATE:
        return ", ".join(edit.path for edit in change.edits[:FEW])
    return _few([f"{edit.path}{_sides(edit)}" for edit in change.edits])


def what_moved(change: Change, before: ChangeDocument) -> str:
    """
    Return the fields that differ from the approved change, and the side that changed; sensitive ones only by
    path.
    """
    if change.id != before.id:
        return f"the object is {change.id}; {before.id} was approved"
    approved = {edit.path: edit for edit in before.edits}
    moved = []
    for edit in change.edits:
        then = approved.pop(edit.path, None)
        if then is None:
            moved.append(f"{edit.path} changed since the plan was approved{_sides(edit)}")
        elif differs(edit, then):
            moved.append(_both(edit, then))
    moved += [_gone(change, edit) for edit in approved.values()]
    if moved:
        return _few(moved)
    since = "since the plan was approved"
    if change.action is Action.TOP_UP:
        return f"its configuration changed {since}"
    if change.live and change.live.stamp.revision != before.revision:
        return f"another apply changed {change.id} {since}"
    hidden = [edit.path for edit in change.edits if edit.sensitive]
    if not hidden:
        return f"the object or its configuration changed {since}"
    names = f"{_few(hidden)}, or another value of the object," if len(hidden) > 1 else hidden[0]
    return f"{names} changed {since}"


def _sides(edit: Edit) -> str:
    if edit.sensitive:
        return ""
    before, after = _shown(edit.before, _currency_before(edit)), _shown(edit.after, edit.currency)
    return f": {before} in Stripe, {after} in the configuration"


def _currency_before(edit: Edit) -> str:
    return edit.currency if edit.currency_before is None else edit.currency_before


def _both(edit: Edit, approved: EditDocument) -> str:
    said = []
    if not edit.sensitive and edit.after != approved.after:
        now, then = (_shown(value, edit.currency) for value in (edit.after, approved.after))
        said.append(f"the configuration has {now}, {then} was approved")
    if not edit.sensitive and edit.before != approved.before:
        then = _shown(approved.before, approved.shown_currency_before)
        now = _shown(edit.before, _currency_before(edit))
        said.append(f"Stripe has {now}, it had {then}")
    return f"{edit.path} changed since the plan was approved" + (f": {'; '.join(said)}" if said else "")


def _gone(change: Change, approved: EditDocument) -> str:
    """Return why an approved edit is no longer needed: the configuration and Stripe agree by now."""
    path = approved.path
    text = f"{path} changed since the plan was approved, and no longer needs an update"
    if approved.sensitive or PLAIN in path or change.declared is None:
        return text
    return f"{text}: " + (
        "Stripe already has the approved value"
        if _json(at(change.declared.fields, path)) == _json(approved.after)
        else "the configuration now has the value in Stripe"
    )


def _shown(value: Any, currency: str) -> str:
    if value is None:
        return "no value"
    if currency and isinstance(value, int) and not isinstance(value, bool):
        return show_money(value, currency)
    text = _json(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _json(value: Any) -> str:
    """Return a value as ASCII JSON, so that no character in it can control a terminal."""
    return json.dumps(value, default=str, sort_keys=True)


def _few(texts: list[str]) -> str:
    more = [f"{len(texts) - FEW} more"] if len(texts) > FEW else []
    return "; ".join([*texts[:FEW], *more])
