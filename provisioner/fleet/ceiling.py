"""An account's plan, held to its own guardrails and to what was judged with the whole fleet."""

from provisioner.core.approval.approve import capped
from provisioner.core.approval.ceilings import above
from provisioner.core.diff.change import Action, Change
from provisioner.core.model.config import Guardrails
from provisioner.core.model.errors import GuardrailError, StaleError
from provisioner.core.plan.guardrails import judge, unapproved
from provisioner.core.plan.plan import Plan, with_changes
from provisioner.fleet.job import Ceiling
from provisioner.kinds import KINDS


def ends(plan: Plan) -> int:
    """How many objects a plan retires or replaces; what an interrupted replacement leaves is one of them."""
    return sum(change.action in (Action.RETIRE, Action.REPLACE) for change in plan.changes)


def ceiling_of(plan: Plan) -> Ceiling:
    """What an account's plan allows the apply that follows."""
    return Ceiling(
        top_up={currency: amount for amount, currency in plan.blast.money},
        ends=ends(plan),
        exposure=plan.blast.exposure,
        activated=plan.blast.activated,
        replaced=frozenset(str(each.address) for each in plan.changes if each.action is Action.REPLACE),
    )


def stopped(plan: Plan, limits: Guardrails, approve: str | None) -> tuple[str, ...]:
    """Why an account's own guardrails would stop an apply of its plan; empty where they let it pass."""
    word = unapproved(plan, limits, approve)
    dangers = (
        f"{danger.text}; `provisioner apply` for it alone can allow it" for danger in judge(plan, limits, {})
    )
    return (*dangers, *([word] if word else []))


def approved(plan: Plan, limits: Guardrails, ceiling: Ceiling | None, approve: str | None) -> Plan:
    """
    The plan, with its top-ups cut to what was planned.

    A top-up in a currency that had none waits for the next run. Raises GuardrailError, and StaleError
    where more would end, be activated or be added to what cards may spend than was planned.
    """
    if dangers := stopped(plan, limits, approve):
        raise GuardrailError("\n".join(dangers))
    if ceiling is None:
        return plan
    if ends(plan) > ceiling.ends:
        raise StaleError(
            f"{ends(plan)} would be retired or replaced, {ceiling.ends} were planned; plan again"
        )
    if more := [*above(KINDS, plan, ceiling.exposure, ceiling.activated, ceiling.replaced)]:
        raise StaleError(f"{'; '.join(more)}; plan again")
    changes: list[Change] = []
    for change in plan.changes:
        if change.action is not Action.TOP_UP:
            changes.append(change)
        elif most := ceiling.top_up.get(change.params["currency"], 0):
            changes.append(capped(change, most))
    return plan if tuple(changes) == plan.changes else with_changes(KINDS, plan, tuple(changes))
