"""Makes the plan of the changes that make Stripe match the configuration."""

from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.app.cache import Cache, compare
from provisioner.core.diff.change import Note
from provisioner.core.diff.find import Differences
from provisioner.core.diff.grants import overdue
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.plan.plan import Plan
from provisioner.core.plan.selection import EVERYTHING, Selection
from provisioner.engine.read.attribution import explain
from provisioner.engine.read.written_ids import missing_ids


def make_account_plan(
    account: Account, selection: Selection = EVERYTHING, cache: Cache | None = None
) -> Plan:
    """
    Make the plan of the selected resources, and check the ids in it; raises as `Account.compare` and `.plan`
    do.

    A cache file reduces what is read, but does not change the plan. An apply never uses one.
    """
    return plan_with_snapshot(account, selection, cache)[0]


def plan_with_snapshot(
    account: Account, selection: Selection = EVERYTHING, cache: Cache | None = None
) -> tuple[Plan, Snapshot]:
    """Make a plan as `make_account_plan` does, and return it with the snapshot that it was made from."""
    compared = compare(account, cache, sealed=True)
    plan = account.plan(compared, selection)
    notes = missing_ids(account.reader, account.kinds, compared.snapshot, plan.changes)
    return replace(plan, notes=(*plan.notes, *notes)), compared.snapshot


def plan_of_expired_grants(account: Account) -> Plan:
    """
    Plan only to take back what ended grants have given; raises as `Account.compare` does.

    Every change in it lowers spending, so nobody needs to review it.
    """
    snapshot, inventory = account.take_inventory()
    changes = list(overdue(account.kinds, account.config, inventory))
    return account.plan_of(snapshot, inventory, Differences(changes))


def explain_plan(account: Account, plan: Plan) -> Plan:
    """
    Return the plan with the event of each change that it reverts; a note lists those without an event.

    Raises as `explain` does.
    """
    found = explain(account.reader, account.kinds, plan.changed_outside)
    notes = [Note("", found.gap)] if found.gap else []
    return replace(plan, traces=found.traces, notes=(*plan.notes, *notes))
