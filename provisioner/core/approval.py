"""A saved plan against what would be done now: each step must be the one that was approved."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from msgspec.structs import replace

from provisioner.core.change import Action, Change, Note
from provisioner.core.kind import Kind
from provisioner.core.model import Address, Config
from provisioner.core.money import show_money
from provisioner.core.moved import differs, is_declared, what_is_new, what_moved
from provisioner.core.plan import Plan, with_changes
from provisioner.core.problem import StaleError
from provisioner.core.unfinished import finishes, replaced_ids

Document = Mapping[str, Any]


def hold_to(kinds: Sequence[Kind], config: Config, plan: Plan, approved: Document) -> Plan:
    """
    What is left of an approved plan: every change as approved, top-ups up to the approved amount.

    What has been done already is no longer in `plan`, and what is left of a change that was stopped half-way
    is approved with it, so a plan that was applied in part can be applied again. A top-up that is new because
    money has moved is left out, and a note says so: a balance moves with every purchase, and the rest is done
    all the same. Raises StaleError that names each object and field that has moved, and what `config`, by
    which the plan was made, does not ask for at all: it is that of another commit than was approved.
    """
    moved = [*_not_asked_for(kinds, config, plan, approved)]
    held: list[Change] = []
    notes: list[Note] = []
    by_name, replaced = {kind.name: kind for kind in kinds}, replaced_ids(approved)
    for change, there in _with_approved(plan, approved):
        before = next((each for each in there if each["action"] == change.action), None)
        if change.action is Action.TOP_UP and before:
            if (left := before["amount"] - _pulled_since(change, before.get("newest"))) > 0:
                held.append(capped(change, left))
            else:
                notes.append(_left_out(change, "as what was approved has been made"))
        elif any(
            _is_same(change, each) or finishes(by_name[change.kind], change, each, replaced) for each in there
        ):
            held.append(change)
        elif before:
            moved.append(f"{change.address}: {what_moved(change, before)}")
        elif _is_for_later(change, plan, approved):
            notes.append(_left_out(change, "as the balance has moved since"))
        else:
            moved.append(
                f"{change.address}: {change.action} was not approved ({_why(change, plan, approved)})"
            )
    if moved:
        listed = "\n".join(f"  {line}" for line in moved)
        raise StaleError(f"the saved plan is stale; nothing was written, plan again\n{listed}")
    return replace(with_changes(kinds, plan, held), notes=(*plan.notes, *notes))


def _not_asked_for(kinds: Sequence[Kind], config: Config, plan: Plan, approved: Document) -> Iterator[str]:
    """
    Approved changes that are in no plan because the YAML is another, and not because they are done.

    Raises StaleError where nothing of what was approved is about this project.
    """
    whose = tuple(approved.get(name) for name in ("project", "mode", "account"))
    if (plan.project, plan.mode, plan.account) != whose:
        raise StaleError("the saved plan is for another project, mode or account")
    planned = {str(change.address) for change in plan.changes}
    by_section = {kind.section: kind for kind in kinds}
    for each in approved["changes"]:
        address = Address(*each["address"].split(".", 1))
        if each["address"] in planned:
            continue
        declared = config.declared.get(address)
        was = f"{address}: {each['action']} was approved, and the YAML here"
        if each["action"] == Action.RETIRE:
            if declared and _stands(plan, address, each):
                yield f"{was} declares it"
        elif declared is None:
            yield f"{was} does not declare it"
        elif (each["action"] == Action.REPLACE and _stands(plan, address, each)) or (
            each["action"] == Action.UPDATE
            and not is_declared(by_section[address.section], declared, each["edits"])
        ):
            yield f"{was} says something else of it"


def _stands(plan: Plan, address: Address, change: Document) -> bool:
    """Whether it is the object that stands under the address, and none that was left beside it."""
    return bool(plan.ids.get(address) == change["id"])


def _with_approved(plan: Plan, approved: Document) -> Iterator[tuple[Change, list[Document]]]:
    """Each change with those that were approved for its address, the one of the same object first."""
    known: dict[str, list[Document]] = defaultdict(list)
    for each in approved["changes"]:
        known[each["address"]].append(each)
    for change in plan.changes:
        there = known[str(change.address)]
        if change.action is Action.RETIRE and change.id == plan.ids.get(change.address):
            # where a replacement has come so far that its object goes, another stands in its place
            there = [each for each in there if each["action"] == change.action]
        yield change, sorted(there, key=lambda each: bool(each["id"] != change.id))


def _pulled_since(change: Change, newest: str | None) -> int:
    """What our top-ups have moved since the approval: an approved amount is approved once."""
    since = takewhile(lambda made: made[0] != newest, change.made)
    return sum(amount for _, amount in since)


def _is_same(change: Change, before: Document) -> bool:
    """Whether it is an approved change, whose saved edits are those that its fingerprint stands for."""
    shown = {edit["path"]: edit for edit in before["edits"]}
    return (
        bool(change.fingerprint == before["fingerprint"])
        and shown.keys() == {e.path for e in change.edits}
        and not any(differs(e, shown[e.path]) for e in change.edits)
    )


def capped(change: Change, ceiling: int) -> Change:
    """An approved amount is a ceiling: what is short beyond it waits for the next plan."""
    if change.params["amount"] <= ceiling:
        return change
    reason = f"{change.reason}; cut to the approved {show_money(ceiling, change.params['currency'])}"
    return replace(change, reason=reason, params={**change.params, "amount": ceiling})


def _why(change: Change, plan: Plan, approved: Document) -> str:
    others = [c["action"] for c in approved["changes"] if c["address"] == str(change.address)]
    if others:
        return f"{', '.join(others)} was"
    if change.action is Action.TOP_UP and None not in _targets(change, plan, approved):
        return "it is new: the YAML says something else of its target"
    fields = what_is_new(change)
    return f"it is new: {fields}" if fields else "it is new"


def _is_for_later(change: Change, plan: Plan, approved: Document) -> bool:
    """Whether it is a top-up of a target that is declared as it was: then it is the balance that moved."""
    now, then = _targets(change, plan, approved)
    return change.action is Action.TOP_UP and now is not None and now == then


def _targets(change: Change, plan: Plan, approved: Document) -> tuple[str | None, str | None]:
    """What stands for the target of a balance as it is declared, and as it was; None where there is none."""
    currency = change.address.name
    balances = (approved.get("outlook") or {}).get("balances") or ()
    now = next((each.declared for each in plan.outlook.balances if each.currency == currency), None)
    return now, next((each.get("declared") for each in balances if each["currency"] == currency), None)


def _left_out(change: Change, why: str) -> Note:
    amount = show_money(change.params["amount"], change.params["currency"])
    text = f"a top-up of {amount} was not approved, {why}; the next plan makes it"
    return Note(str(change.address), text, pending=True)
