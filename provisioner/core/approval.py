"""A saved plan against what would be done now: each step must be the one that was approved."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

from provisioner.core.change import Action, Change
from provisioner.core.kind import Kind
from provisioner.core.money import show_money
from provisioner.core.plan import Plan, with_changes
from provisioner.core.problem import StaleError

Document = Mapping[str, Any]


def hold_to(kinds: Sequence[Kind], plan: Plan, approved: Document) -> Plan:
    """
    What is left of an approved plan: every change as approved, top-ups up to the approved amount.

    What has been done already is no longer in `plan`, so a plan that was applied in part can be applied
    again. Raises StaleError that names each object and field that has moved.
    """
    if (plan.project, plan.mode, plan.account) != tuple(
        approved.get(n) for n in ("project", "mode", "account")
    ):
        raise StaleError("the saved plan is for another project, mode or account")
    known = {(change["address"], change["action"]): change for change in approved["changes"]}
    moved: list[str] = []
    held: list[Change] = []
    for change in plan.changes:
        before = known.get((str(change.address), str(change.action)))
        if before is None and _finishes(change, known.get((str(change.address), "replace"))):
            held.append(change)
        elif before is None:
            moved.append(f"{change.address}: {change.action} was not approved ({_why(change, approved)})")
        elif change.action is Action.TOP_UP:
            if (left := before["amount"] - _pulled_since(change, before.get("newest"))) > 0:
                held.append(capped(change, left))
        elif change.fingerprint != before["fingerprint"] or _reworded(change, before):
            moved.append(f"{change.address}: {_moved(change, before)}")
        else:
            held.append(change)
    if moved:
        listed = "\n".join(f"  {line}" for line in moved)
        raise StaleError(f"the saved plan is stale; nothing was written, plan again\n{listed}")
    return with_changes(kinds, plan, held)


def _finishes(change: Change, replacement: Document | None) -> bool:
    """Whether a change is what an approved replacement, stopped half-way, has left to do."""
    if replacement is None:
        return False
    if change.action is Action.RETIRE:
        return bool(change.id == replacement["id"])
    activation = [(edit.path, edit.after) for edit in change.edits] == [("status", "active")]
    return change.action is Action.UPDATE and activation and change.id != replacement["id"]


def _pulled_since(change: Change, newest: str | None) -> int:
    """What our top-ups have moved since the approval: an approved amount is approved once."""
    since = takewhile(lambda made: made[0] != newest, change.made)
    return sum(amount for _, amount in since)


def _reworded(change: Change, before: Document) -> bool:
    """Whether the saved plan shows other edits than those that its fingerprint stands for."""
    shown = {edit["path"]: edit for edit in before["edits"]}
    return shown.keys() != {e.path for e in change.edits} or any(
        _differs(e, shown[e.path]) for e in change.edits
    )


def capped(change: Change, ceiling: int) -> Change:
    """An approved amount is a ceiling: what is short beyond it waits for the next plan."""
    if change.params["amount"] <= ceiling:
        return change
    reason = f"{change.reason}; cut to the approved {show_money(ceiling, change.params['currency'])}"
    return replace(change, reason=reason, params={**change.params, "amount": ceiling})


def _why(change: Change, approved: Document) -> str:
    others = [c["action"] for c in approved["changes"] if c["address"] == str(change.address)]
    fields = ", ".join(edit.path for edit in change.edits[:3])
    if others:
        return f"{', '.join(others)} was"
    return f"it is new: {fields}" if fields else "it is new"


def _moved(change: Change, before: Document) -> str:
    """Name the fields that are not as approved; sensitive ones by their path alone."""
    if change.id != before["id"]:
        return f"the object is {change.id}, approved was {before['id']}"
    approved = {edit["path"]: edit for edit in before["edits"]}
    now = {edit.path: edit for edit in change.edits}
    paths = [
        path
        for path in (*now, *(path for path in approved if path not in now))
        if path not in approved or path not in now or _differs(now[path], approved[path])
    ]
    return f"{', '.join(paths) or 'its history'} moved since the plan was approved"


def _differs(edit: Any, approved: Document) -> bool:
    return bool(
        (edit.digest, edit.before, edit.after) != tuple(approved[n] for n in ("digest", "before", "after"))
    )
