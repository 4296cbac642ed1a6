"""Judge past purchases by the controls that a plan leaves, with a client that cannot write."""

from provisioner.app.account import Account
from provisioner.app.history import PastPeriod, read_past
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.plan.plan import Plan
from provisioner.core.plan.planned_controls import planned_controls
from provisioner.core.purchases.backtest_document import BacktestDocument
from provisioner.core.purchases.replay import backtest


def backtest_plan(
    account: Account, snapshot: Snapshot, plan: Plan, period: PastPeriod, *, headroom: bool = False
) -> BacktestDocument:
    """
    Judge the past purchases of a period by what a plan leaves; `snapshot` is what the plan was made from.

    With `headroom`, include the use of each limit. Raises as `read_past` does.
    """
    planned = planned_controls(account.kinds, plan)
    with read_past(account, snapshot, period) as read:
        return backtest(read.past, planned, read.begin, headroom=headroom)
