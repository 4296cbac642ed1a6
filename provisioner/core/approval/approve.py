"""Compare a saved plan with the changes that would be made now: every one must be approved."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import takewhile

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
    What is left of an approved plan: every change as approved, top-ups up to the approved amount.

    What has been done already is no longer in `plan`, and what is left of a change that was stopped half-way
    is approved with it, so a plan that was applied in part can be applied again. A top-up that is new because
    money has moved is left out, and a note says so: a balance moves with every purchase, and the rest is done
    all the same. Exposure added and cards activated are ceilings, too. Raises StaleError that names each
    object and field that has moved, each number that is above what was approved, and what the configuration
    does not ask for at all: it is that of another commit than was approved. What an object was when the plan
    was approved it must still be, or be as far as this plan has come with it.
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
    left = replace(with_changes(kinds, plan, held), notes=(*plan.notes, *notes))
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
    Say which numbers of a plan are above those that were approved for it.

    Each change may be the approved one and still give more than it did: a cardholder has more cards by now,
    or its limit is gone. What a `replaced` card (by its address) may spend by its own limits was approved
    with it; how much of that is new depends on how far its replacement has come. Money and what ends need no
    number here, as each top-up and each object is approved by itself.
    """
    cards = []
    for card in spenders(kinds, plan.surveyed, plan.changes):
        side = card.after if str(card.address) in replaced else None
        if side and side.spends:  # as if it could spend the same before, under no other holder's bound
            side = side._replace(pool=("", side.pool[1]), bound=NO_LIMIT)
        cards.append(card._replace(before=side, at_least=side) if side and side.spends else card)
    for currency, more in raised(cards).items():
        most = exposure.get(currency, 0)
        if most is not None and (more is None or more > most):
            approved = show_money(most, currency)
            now = f"unlimited ({currency})" if more is None else show_money(more, currency)
            yield f"added monthly exposure is {now}; {approved} was approved"
    if (count := activated(cards)) > activations:
        yield f"cards activated: {count}; {activations} approved"


def _not_asked_for(kinds: Sequence[Kind], plan: Plan, approved: PlanDocument) -> Iterator[str]:
    """
    Approved changes that are in no plan because the YAML is another, and not because they are done.

    Raises StaleError where nothing of what was approved is about this project.
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
    """Whether it is the object that stands under the address, and none that was left beside it."""
    return plan.ids.get(address) == change.id


def _with_approved(plan: Plan, approved: PlanDocument) -> Iterator[tuple[Change, list[ChangeDocument]]]:
    """Each change with those that were approved for its address, the one of the same object first."""
    known: dict[str, list[ChangeDocument]] = defaultdict(list)
    for each in approved.changes:
        known[each.address].append(each)
    for change in plan.changes:
        there = known[str(change.address)]
        if change.action is Action.RETIRE and change.id == plan.ids.get(change.address):
            # where a replacement has come so far that its object goes, another stands in its place
            there = [each for each in there if each.action is change.action]
        yield change, sorted(there, key=lambda each: each.id != change.id)


def capped(change: Change, ceiling: int) -> Change:
    """An approved amount is a ceiling: what is short beyond it waits for the next plan."""
    if change.params["amount"] <= ceiling:
        return change
    reason = f"{change.reason}; limited to the approved {show_money(ceiling, change.params['currency'])}"
    return replace(change, reason=reason, params={**change.params, "amount": ceiling})


def _why(change: Change, before: ChangeDocument | None, plan: Plan, approved: PlanDocument) -> str:
    """Why a change is none that was approved: what has moved, or that it is another or a new one."""
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
    Whether a top-up is the approved one but for its amount, or one that only the balance asks for.

    It does where the target is declared as it was: then it is the balance that moved.
    """
    if before:
        return sealed_by(plan, approved)(goal(change)) == before.goal
    now, then = _targets(change, plan, approved)
    return now is not None and now == then


def _targets(change: Change, plan: Plan, approved: PlanDocument) -> tuple[str | None, str | None]:
    """What stands for the target of a balance as it is declared, and as it was; None where there is none."""
    now = plan.config.declared.get(change.address)
    was = (each.declared for each in approved.outlook.balances if each.currency == change.address.name)
    return sealed_by(plan, approved)(content(wanted(now))) if now else None, next(was, None)


def _what_is_left(change: Change, before: ChangeDocument | None) -> Change | Note:
    """A top-up, as far as ours since have left of what was approved of it; that it waits where nothing is."""
    left = 0
    if before and before.money:  # an approved amount is approved once
        since = takewhile(lambda made: made[0] != before.newest, change.made)
        left = before.money.amount - sum(amount for _, amount in since)
    if left > 0:
        return capped(change, left)
    why = "the approved amount was topped up already" if before else "the balance has changed since"
    amount = show_money(change.params["amount"], change.params["currency"])
    text = f"a top-up of {amount} is not in the approved plan: {why}; the next plan will include it"
    return Note(str(change.address), text, pending=True)
