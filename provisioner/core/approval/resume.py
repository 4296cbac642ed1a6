"""Determines the part of an approved change that is left after an interrupted apply."""

from collections.abc import Mapping

from provisioner.core.approval.stale_reasons import differs
from provisioner.core.diff.change import OUR_OWN, Action, Change, content, goal, rest
from provisioner.core.diff.compare import says_replaced
from provisioner.core.ownership.marks import FIRST
from provisioner.core.ownership.seal import Seal
from provisioner.core.plan.digests import ADDRESS, moving, set_twice
from provisioner.core.plan.document import ChangeDocument, PlanDocument
from provisioner.core.schema.field import Direction
from provisioner.core.schema.kind import Kind


def replaced_ids(approved: PlanDocument) -> dict[str, str | None]:
    """Map each text by which edits show a reference to a replaced object to the id of that object."""
    return {
        says: each.id
        for each in approved.changes
        if each.action is Action.REPLACE
        for says in (each.address, says_replaced(each.address))
    }


def is_approved(
    kind: Kind, change: Change, approved: ChangeDocument, replaced: Mapping[str, str | None], seal: Seal
) -> bool:
    """
    Return True if a change is exactly an approved one as a reader saw it, or the remaining part of one.

    The remaining part leads to the same result by steps of the approved change. For a replacement, it is the
    creation (a lost card ends first), the activation, or the end of the replaced object; for a creation, the
    activation if that is a separate call; for an update, the second of two calls. A card may also follow a
    cardholder that has already been replaced; `replaced` has those cardholders. A change is no longer
    approved if somebody else has written the object since, or if this plan has completed it.
    """
    then = {edit.path: edit for edit in approved.edits}
    if (
        seal(change.fingerprint) == approved.fingerprint
        and (change.kind, change.reason, change.bookkeeping)
        == (approved.kind, approved.reason, approved.bookkeeping)
        and then.keys() == {edit.path for edit in change.edits}
        and not any(differs(edit, then[edit.path]) for edit in change.edits)
    ):
        return True
    if change.action is Action.RETIRE:
        return approved.action is Action.REPLACE and _is_at(change, approved)
    if not approved.goal or seal(goal(change)) != approved.goal:
        return False
    if change.action is Action.CREATE:
        asked = change.declared.lifecycle.reissue if change.declared else None
        ends_first = asked is not None and kind.ends_first(asked.reason) and asked.number > change.reissued
        return approved.action is Action.REPLACE and ends_first
    if change.action is Action.REPLACE:
        return _is_at(change, approved) and _is_carried(kind, change, approved, replaced, seal)
    if change.action is not Action.UPDATE:
        return False
    if approved.action is Action.UPDATE:
        return _is_at(change, approved) and _is_second_half(kind, change, approved, seal)
    return _is_activation(change, approved) or _is_handover(change, approved)


def _is_at(change: Change, approved: ChangeDocument) -> bool:
    """
    Return True if a change concerns the approved object, and no apply has completed a write of it
    since.
    """
    live = change.live
    return live is not None and (live.id, live.stamp.revision) == (approved.id, approved.revision)


def _is_activation(change: Change, approved: ChangeDocument) -> bool:
    """Return True if a change activates an object that the plan has created, and that was never activated."""
    status = [(edit.path, edit.after) for edit in change.edits] == [("status", "active")]
    stamp = change.live.stamp if change.live else None
    never = stamp is not None and stamp.to_activate and stamp.revision == FIRST
    return status and never and approved.action in (Action.REPLACE, Action.CREATE)


def _is_handover(change: Change, approved: ChangeDocument) -> bool:
    """Return True if a change hands over the secret of an object that the plan has created."""
    is_new = change.live is not None and change.live.stamp.revision == FIRST
    return change.hands_over and is_new and approved.action in (Action.REPLACE, Action.CREATE)


def _is_second_half(kind: Kind, change: Change, approved: ChangeDocument, seal: Seal) -> bool:
    """
    Return True if nothing has changed except by the first call of an update.

    That call sets ownership metadata and the values that do not raise spending.
    """
    first: tuple[str, ...] = ()  # the field that the first call has set and nobody has changed
    if (field := set_twice(kind)) and approved.between and change.live:
        stands = content([field.name, change.live.fields.get(field.name)])
        first = (field.name,) if seal(stands) == approved.between else ()
    below = tuple(f"{name}." for name in first)
    then = {edit.path: edit for edit in approved.edits}
    now = {edit.path: edit for edit in change.edits if not edit.path.startswith(below)}
    done = [edit for path, edit in then.items() if path not in now and not path.startswith(below)]
    moved = {edit.path for edit in done}.union(first)
    return (
        all(path in then and not differs(edit, then[path]) for path, edit in now.items())
        and change.direction is Direction.BROADENING
        and not any(e.direction is Direction.BROADENING or e.path.startswith(OUR_OWN) for e in done)
        and seal(rest(kind, change, moved)) == approved.rest
    )


def _is_carried(
    kind: Kind, change: Change, approved: ChangeDocument, replaced: Mapping[str, str | None], seal: Seal
) -> bool:
    """Return whether nothing has changed but the name and references to objects that were replaced."""
    then = {edit.path: edit for edit in approved.edits}
    now = {edit.path for edit in change.edits}
    return (
        then.keys() - now <= {ADDRESS}
        and all(
            edit.path in then
            and (
                not differs(edit, then[edit.path]) or replaced.get(str(then[edit.path].before)) == edit.before
            )
            for edit in change.edits
        )
        and seal(rest(kind, change, moving(kind, then))) == approved.rest
    )
