"""The plan of what would make Stripe match the configuration."""

from provisioner.app.account import Account
from provisioner.app.cache import Cache, compare
from provisioner.core.plan.plan import Plan
from provisioner.core.plan.selection import EVERYTHING, Selection


def make_account_plan(
    account: Account, selection: Selection = EVERYTHING, cache: Cache | None = None
) -> Plan:
    """
    Make the plan of the selected part; raises as `Account.compare` and `Account.plan` do.

    A cache file changes what is read and nothing in the plan. An apply never uses one: it reads everything.
    """
    return account.plan(compare(account, cache, sealed=True), selection)
