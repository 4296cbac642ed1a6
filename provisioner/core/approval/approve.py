"""Compares a saved plan with the changes that an apply would make now: each must have been approved."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import takewhile
from math import inf

from msgspec.structs import replace

from provisioner.core.approval.integrity import sealed_by
from provisioner.core.approval.resume import is_approved, replaced_ids
from provisioner.core.approval.stale_reasons import is_declared, what_is_new, what_moved
from provisioner.core.diff.change import Action, Change, Note, content, goal, wanted
from provisioner.core.model.errors import StaleError
from provisioner.core.model.money import show_money
from provisioner.core.model.resource import Address
from provisioner.core.plan.document import ChangeDocument, PlanDocument
from provisioner.core.plan.exposure import NO_LIMIT, activated, raised, spenders
from provisioner.core.plan.plan import Plan, with_changes
from provisioner.core.schema.kind import Kind


def hold_to(kinds: Sequence[Kind], plan: Plan, approved: PlanDocument) -> Plan:
    """
    Return the rest of an approved plan: changes exactly as approved, top-ups up to the approved amount.

    Changes that are done already are no longer in `plan`, and the rest of a change that was interrupted is
    approved with it, so a plan that was applied in part can be applied again. A top-up that is new because
    the balance changed is left out with a note, and the rest is applied: every purchase changes the balance.
    The approved exposure and number of activated cards are ceilings, too. Raises StaleError that names each
    object and field that has changed, each number above the approved one, and each approved change that the
    configuration does not contain, because it is from another commit. Each object must be in the state in
    which it was approved, or in a state to which this plan has brought it.
    """
    seal = sealed_by(plan, approved)
    moved = [*_not_asked_for(kinds, plan, approved)]
    held: list[Change] = []
    notes: list[Note] = []
    by_name, replaced = {kind.name: kind for kind in kinds}, replaced_ids(approved)
    for change, there in _with_approved(plan, approved):
        before = next((each for each in there if each.action is change.action), None)
        if change.action is Action.TOP_UP and _is_asked_for(change, before, plan, approved):
            top_up = _what_is_left(change, before)
            held += [top_up] if isinstance(top_up, Change) else []
            notes += [top_up] if isinstance(top_up, Note) else []
        elif any(is_approved(by_name[change.kind], change, each, replaced, seal) for each in there):
            held.append(change)
        else:
            moved.append(f"{change.address}: {_why(change, before, plan, approved)}")
    left = replace(with_changes(plan, held), notes=(*plan.notes, *notes))
    shown = approved.blast_radius
    exposure = {each.currency: each.amount for each in shown.exposure_added}
    moved = moved or [*above(kinds, left, exposure, shown.cards_activated, set(replaced))]
    if moved:
        listed = "\n".join(f"  {line}" for line in moved)
        raise StaleError(f"the saved plan is stale, and nothing was changed; plan again\n{listed}")
    return left


def above(
    kinds: Sequence[Kind],
    plan: Plan,
    exposure: Mapping[str, int | None],
    activations: int,
    replaced: Collection[str],
) -> Iterator[str]:
    """
    Yield the numbers of a plan that exceed the approved ones.

    Each change may be the approved one and still raise spending more than before: a cardholder may have more
    cards by now, or its limit may be gone. The amount that a `replaced` card (given by its address) may spend
    by its own limits was approved with it; how much of that is new depends on the progress of its
    replacement. So it is computed twice, from its current state and as if it were not new, and the lower
    number counts. Top-ups and ended objects need no total here, because each is approved individually.
    """
    cards, found = [], spenders(kinds, plan.surveyed, plan.changes)
    for card in found:
        side = card.after if str(card.address) in replaced else None
        if side and side.spends:  # as if it could already spend the same, and its cardholder had no limit
            side = side._replace(pool=("", side.pool[1]), bound=NO_LIMIT)
        cards.append(card._replace(before=side, at_least=side) if side and side.spends else card)
    as_it_is = raised(found)
    for currency, added in raised(cards).items():
        most = exposure.get(currency, 0)
        more = min(added, as_it_is.get(currency, 0), key=lambda n: inf if n is None else n)
        if most is not None and (more is None or more > most):
            approved = show_money(most, currency)
            now = f"unlimited ({currency})" if more is None else show_money(more, currency)
            yield f"added monthly exposure is {now}; {approved} was approved"
    if (count := activated(cards)) > activations:
        yield f"cards activated: {count}; {activations} approved"


def _not_asked_for(kinds: Sequence[Kind], plan: Plan, approved: PlanDocument) -> Iterator[str]:
    """
    Yield approved changes that are missing from the plan because the YAML differs, not because they are done.

    Raises StaleError if the approved plan is for another project, mode, or account.
    """
    whose = (approved.project, approved.mode, approved.account)
    if (plan.project, plan.mode, plan.account) != whose:
        raise StaleError("the saved plan is for another project, mode, or account")
    planned = {str(change.address) for change in plan.changes}
    by_section = {kind.section: kind for kind in kinds}
    for each in approved.changes:
        address = Address(*each.address.split(".", 1))
        if each.address in planned:
            continue
        declared = plan.config.declared.get(address)
        was = f"{address}: {each.action} was approved, but"
        if each.action is Action.RETIRE:
            if declared and _stands(plan, address, each):
                yield f"{was} it is in this configuration"
        elif declared is None:
            yield f"{was} it is not in this configuration"
        elif (each.action is Action.REPLACE and _stands(plan, address, each)) or (
            each.action is Action.UPDATE
            and not is_declared(by_section[address.section], declared, each.edits)
        ):
            yield f"{was} this configuration has other values for it"


def _stands(plan: Plan, address: Address, change: ChangeDocument) -> bool:
    """Return True if the approved object is the current one at the address, not left over from another."""
    return plan.ids.get(address) == change.id


def _with_approved(plan: Plan, approved: PlanDocument) -> Iterator[tuple[Change, list[ChangeDocument]]]:
    """Yield each change with those approved for its address, the one for the same object first."""
    known: dict[str, list[ChangeDocument]] = defaultdict(list)
    for each in approved.changes:
        known[each.address].append(each)
    for change in plan.changes:
        there = known[str(change.address)]
        if change.action is Action.RETIRE and change.id == plan.ids.get(change.address):
            # if a replacement has reached the end of the old object, another object has the address
            there = [each for each in there if each.action is change.action]
        yield change, sorted(there, key=lambda each: each.id != change.id)


def capped(change: Change, ceiling: int) -> Change:
    """Limit a top-up to the approved amount: the rest of the shortfall waits for the next plan."""
    if change.params["amount"] <= ceiling:
        return change
    reason = f"{change.reason}; limited to the approved {show_money(ceiling, change.params['currency'])}"
    return replace(change, reason=reason, params={**change.params, "amount": ceiling})


def _why(change: Change, before: ChangeDocument | None, plan: Plan, approved: PlanDocument) -> str:
    """Return why a change is not approved: what has changed, or that it is a different or a new change."""
    if before:
        return what_moved(change, before)
    others = [each.action for each in approved.changes if each.address == str(change.address)]
    declared, was = _targets(change, plan, approved)
    if others:
        why = f"{', '.join(others)} was approved"
    elif change.action is Action.TOP_UP and declared and was:
        why = "the configuration of its target has changed"
    else:
        why = what_is_new(change)
    return f"{change.action} is not in the approved plan" + (f": {why}" if why else "")


def _is_asked_for(change: Change, before: ChangeDocument | None, plan: Plan, approved: PlanDocument) -> bool:
    """
    Return True if a top-up is the approved one except for its amount, or is needed only because the balance
    changed.

    The balance is the only cause if the target is unchanged.
    """
    if before:
        return sealed_by(plan, approved)(goal(change)) == before.goal
    now, then = _targets(change, plan, approved)
    return now is not None and now == then


def _targets(change: Change, plan: Plan, approved: PlanDocument) -> tuple[str | None, str | None]:
    """Return digests of a balance's target as configured now and as approved; None if there is none."""
    now = plan.config.declared.get(change.address)
    was = (each.declared for each in approved.outlook.balances if each.currency == change.address.name)
    return sealed_by(plan, approved)(content(wanted(now))) if now else None, next(was, None)


def _what_is_left(change: Change, before: ChangeDocument | None) -> Change | Note:
    """
    Return a top-up of the rest of the approved amount; if nothing is left, a note that the top-up must
    wait.
    """
    left = 0
    if before and before.money:  # an approved amount is topped up only once
        since = takewhile(lambda made: made[0] != before.newest, change.made)
        left = before.money.amount - sum(amount for _, amount in since)
    if left > 0:
        return capped(change, left)
    why = "the approved amount was topped up already" if before else "the balance has changed since"
    amount = show_money(change.params["amount"], change.params["currency"])
    text = f"a top-up of {amount} is not in the approved plan: {why}; the next plan will include it"
    return Note(str(change.address), text, pending=True)
