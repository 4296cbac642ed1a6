"""What an approved change has left to do, where an apply of it was stopped half-way."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from provisioner.core.change import OUR_OWN, Action, Change
from provisioner.core.diff import additions, says_replaced
from provisioner.core.kind import Direction, Field, Kind
from provisioner.core.model import Declared
from provisioner.core.moved import differs
from provisioner.core.ownership import edit_digest
from provisioner.core.reissue import LOST

Document = Mapping[str, Any]


def goal(kind: Kind, change: Change) -> str:
    """
    What stands for the object that is there afterwards: its generation, and all that is declared of it.

    Empty for a change that has no declaration. As short of each hidden value as digests of these are.
    """
    if change.declared is None or change.action is Action.TOP_UP:
        return ""
    told, live = change.declared.lifecycle, change.live
    generation = live.stamp.generation if live and change.action is not Action.REPLACE else change.generation
    reissue = [told.reissue.number, told.reissue.reason] if told.reissue else []
    values = [[edit.path, edit.digest, edit.after] for edit in additions(kind, change.declared)]
    text = json.dumps([generation, values, sorted(told.ignore), reissue], default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def between(kind: Kind, change: Change) -> str:
    """
    What stands for the controls that an update sets first, where it both gives and takes; else empty.

    Of hidden values as short as digests of these are.
    """
    field = _set_twice(kind)
    if (
        change.action is not Action.UPDATE
        or not field
        or not field.meet
        or not change.live
        or not change.declared
    ):
        return ""
    had, wanted = (side.fields.get(field.name) or {} for side in (change.live, change.declared))
    values = field.meet(had, wanted)
    return _standing(field, change.declared, values) if values not in (had, wanted) else ""


def _set_twice(kind: Kind) -> Field | None:
    """The field of which an update may set both sides' common part first: of what others refer to."""
    return next((field for field in kind.fields if field.meet and kind.exposure is None), None)


def _standing(field: Field, declared: Declared, values: Any) -> str:
    hidden = any(path.startswith(field.name) for path in declared.sensitive)
    return edit_digest(field.name, None, values, hidden=hidden)


def replaced_ids(approved: Document) -> dict[str, str]:
    """The ids of the objects that a plan replaces, by what edits of those which refer to them say before."""
    return {
        says: each["id"]
        for each in approved["changes"]
        if each["action"] == "replace"
        for says in (each["address"], says_replaced(each["address"]))
    }


def finishes(kind: Kind, change: Change, approved: Document, replaced: Mapping[str, str]) -> bool:
    """
    Whether a change is what is left of an approved one: it leads to the same goal, by steps of that one.

    A replacement leaves its creation (a lost card ends first), the activation, or the end of what it
    replaces; a creation the activation, where that is a call of its own; an update the second of two calls.
    A card is carried along to a holder in whose place the new one stands already; `replaced` are such.
    """
    if change.action is Action.RETIRE:
        return bool(approved["action"] == "replace" and change.id == approved["id"])
    if not approved.get("goal") or goal(kind, change) != approved["goal"]:
        return False
    if change.action is Action.CREATE:
        return approved["action"] == "replace" and _ends_first(change)
    if change.action is Action.REPLACE:
        return bool(change.id == approved["id"]) and _is_carried(change, approved, replaced)
    if change.action is not Action.UPDATE:
        return False
    if approved["action"] == "update":
        return bool(change.id == approved["id"]) and _is_second_half(
            change, approved, _set_first(kind, change, approved)
        )
    activation = [(edit.path, edit.after) for edit in change.edits] == [("status", "active")]
    apart = change.declared is not None and bool(kind.held_back(change.declared.fields))
    return activation and (approved["action"] == "replace" or (approved["action"] == "create" and apart))


def _ends_first(change: Change) -> bool:
    asked = change.declared.lifecycle.reissue if change.declared else None
    return asked is not None and asked.reason in LOST and asked.number > change.reissued


def _set_first(kind: Kind, change: Change, approved: Document) -> str:
    """The beginning of the paths of what stands as an approved update sets it first; empty without such."""
    field = _set_twice(kind)
    if not field or not approved.get("between") or not change.live or not change.declared:
        return ""
    stands = _standing(field, change.declared, change.live.fields.get(field.name))
    return f"{field.name}." if stands == approved["between"] else ""


def _is_second_half(change: Change, approved: Document, done_first: str) -> bool:
    """Whether nothing has moved but what the first call of an update does: what gives no power, and marks."""
    now = {edit.path: edit for edit in change.edits if not _below(edit.path, done_first)}
    then = {edit["path"]: edit for edit in approved["edits"] if not _below(edit["path"], done_first)}
    done = [edit for path, edit in then.items() if path not in now]
    return (
        all(path in then and not differs(edit, then[path]) for path, edit in now.items())
        and change.direction is Direction.BROADENING
        and not any(e["direction"] == "broadening" or e["path"].startswith(OUR_OWN) for e in done)
    )


def _below(path: str, prefix: str) -> bool:
    return bool(prefix) and path.startswith(prefix)


def _is_carried(change: Change, approved: Document, replaced: Mapping[str, str]) -> bool:
    """Whether nothing has moved but its name, and those which are referred to, as they have been replaced."""
    then = {edit["path"]: edit for edit in approved["edits"]}
    now = {edit.path for edit in change.edits}
    return then.keys() - now <= {"address"} and all(
        edit.path in then
        and (
            not differs(edit, then[edit.path]) or replaced.get(str(then[edit.path]["before"])) == edit.before
        )
        for edit in change.edits
    )
