"""What an approved change has left to do, where an apply of it was stopped half-way."""

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.core.approval.stale_reasons import differs
from provisioner.core.diff.change import OUR_OWN, Action, Change, content, observed, wanted
from provisioner.core.diff.compare import says_replaced
from provisioner.core.ownership.marks import FIRST
from provisioner.core.ownership.reissue import LOST
from provisioner.core.ownership.seal import Seal
from provisioner.core.plan.order import first_half
from provisioner.core.schema.field import Direction, Field
from provisioner.core.schema.kind import Kind

Document = Mapping[str, Any]
ADDRESS = "address"  # the path of the edit that renames


def goal(change: Change) -> str:
    """
    What stands for the object that is there afterwards: its generation, and all that is declared of it.

    Of a top-up all but its amount, of which what was approved is a ceiling. Empty for a change that has no
    declaration. It is shown only under a seal.
    """
    if change.declared is None:
        return ""
    if change.action is Action.TOP_UP:
        return content({name: value for name, value in change.params.items() if name != "amount"})
    live = change.live
    generation = live.stamp.generation if live and change.action is not Action.REPLACE else change.generation
    return content([generation, wanted(change.declared)])


def between(kind: Kind, change: Change) -> str:
    """
    What stands for the controls that an update sets first, where it both gives and takes; else empty.

    It is shown only under a seal.
    """
    field = _set_twice(kind)
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
        return _moving(kind, (edit.path for edit in change.edits))
    half = first_half(kind, change) if _is_halved(change) else None
    twice = _set_twice(kind)
    paths = {edit.path for edit in half.edits} if half else set()
    return frozenset(paths | ({twice.name} if twice and between(kind, change) else set()))


def _is_halved(change: Change) -> bool:
    return change.action is Action.UPDATE and change.direction is Direction.BROADENING


def _moving(kind: Kind, paths: Iterable[str]) -> frozenset[str]:
    """What may have moved of an object that is to be replaced: its name, and what it refers to."""
    refs = {field.name for field in kind.fields if field.refers_to}
    return frozenset({path for path in paths if path in refs or path == ADDRESS})


def rest(change: Change, without: Iterable[str]) -> str:
    """
    What stands for the object that a change is made to as it is, but for what is at some paths.

    As long as it is the same, nobody else has changed the object. It is shown only under a seal.
    """
    return content(observed(change.live, without)) if change.live else ""


def _set_twice(kind: Kind) -> Field | None:
    """The field of which an update may set both sides' common part first: of what others refer to."""
    return next((field for field in kind.fields if field.intersect and kind.spending is None), None)


def replaced_ids(approved: Document) -> dict[str, str]:
    """The ids of the objects that a plan replaces, by what edits of those which refer to them say before."""
    return {
        says: each["id"]
        for each in approved["changes"]
        if each["action"] == "replace"
        for says in (each["address"], says_replaced(each["address"]))
    }


def finishes(kind: Kind, change: Change, approved: Document, replaced: Mapping[str, str], seal: Seal) -> bool:
    """
    Whether a change is what is left of an approved one: it leads to the same goal, by steps of that one.

    A replacement leaves its creation (a lost card ends first), the activation, or the end of what it
    replaces; a creation the activation, where that is a call of its own; an update the second of two calls.
    A card is carried along to a holder in whose place the new one stands already; `replaced` are such.
    What somebody else has written since, or this plan to its end, is no more what was approved.
    """
    if change.action is Action.RETIRE:
        return approved["action"] == "replace" and _is_at(change, approved)
    if not approved.get("goal") or seal(goal(change)) != approved["goal"]:
        return False
    if change.action is Action.CREATE:
        return approved["action"] == "replace" and _ends_first(change)
    if change.action is Action.REPLACE:
        return _is_at(change, approved) and _is_carried(kind, change, approved, replaced, seal)
    if change.action is not Action.UPDATE:
        return False
    if approved["action"] == "update":
        return _is_at(change, approved) and _is_second_half(kind, change, approved, seal)
    return _is_activation(kind, change, approved)


def _is_at(change: Change, approved: Document) -> bool:
    """Whether a change is made to the approved object, which nobody has written to its end since."""
    live = change.live
    return live is not None and (live.id, live.stamp.revision) == (approved["id"], approved.get("revision"))


def _is_activation(kind: Kind, change: Change, approved: Document) -> bool:
    """Whether an object that the plan has created is to be activated, which has never been done."""
    status = [(edit.path, edit.after) for edit in change.edits] == [("status", "active")]
    never = change.live is not None and change.live.stamp.revision == FIRST
    apart = change.declared is not None and bool(kind.deferred_fields(change.declared.fields))
    by_a_call = approved["action"] == "replace" or (approved["action"] == "create" and apart)
    return status and never and by_a_call


def _ends_first(change: Change) -> bool:
    asked = change.declared.lifecycle.reissue if change.declared else None
    return asked is not None and asked.reason in LOST and asked.number > change.reissued


def _set_between(kind: Kind, change: Change, approved: Document, seal: Seal) -> str:
    """The field that stands as an approved update sets it in its first call; empty without such."""
    field = _set_twice(kind)
    if not field or not approved.get("between") or not change.live:
        return ""
    stands = content([field.name, change.live.fields.get(field.name)])
    return field.name if seal(stands) == approved["between"] else ""


def _is_second_half(kind: Kind, change: Change, approved: Document, seal: Seal) -> bool:
    """Whether nothing has moved but what the first call of an update does: what gives no power, and marks."""
    first = _set_between(kind, change, approved, seal)
    now = {edit.path: edit for edit in change.edits if not _below(edit.path, first)}
    then = {edit["path"]: edit for edit in approved["edits"] if not _below(edit["path"], first)}
    done = [edit for path, edit in then.items() if path not in now]
    moved = {edit["path"] for edit in done} | ({first} if first else set())
    return (
        all(path in then and not differs(edit, then[path], change) for path, edit in now.items())
        and change.direction is Direction.BROADENING
        and not any(e["direction"] == "broadening" or e["path"].startswith(OUR_OWN) for e in done)
        and seal(rest(change, moved)) == approved.get("rest")
    )


def _below(path: str, name: str) -> bool:
    return bool(name) and path.startswith(f"{name}.")


def _is_carried(
    kind: Kind, change: Change, approved: Document, replaced: Mapping[str, str], seal: Seal
) -> bool:
    """Whether nothing has moved but its name, and those which are referred to, as they have been replaced."""
    then = {edit["path"]: edit for edit in approved["edits"]}
    now = {edit.path for edit in change.edits}
    return (
        then.keys() - now <= {ADDRESS}
        and all(
            edit.path in then
            and (
                not differs(edit, then[edit.path], change)
                or replaced.get(str(then[edit.path]["before"])) == edit.before
            )
            for edit in change.edits
        )
        and seal(rest(change, _moving(kind, then))) == approved.get("rest")
    )
