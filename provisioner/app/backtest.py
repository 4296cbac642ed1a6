"""Judges past purchases by the controls of a plan, with a client that cannot write."""

from msgspec.structs import asdict, replace

from provisioner.app.account import Account
from provisioner.app.history import PastPeriod, read_past
from provisioner.app.plan import plan_with_snapshot
from provisioner.core.model.json_document import FORMAT_VERSION
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.plan.plan import Plan
from provisioner.core.plan.planned_controls import planned_controls
from provisioner.core.plan.selection import EVERYTHING, Selection
from provisioner.core.purchases.backtest_document import BacktestDocument
from provisioner.core.purchases.backtest_report import BacktestReport
from provisioner.core.purchases.replay import backtest


def backtest_account(
    account: Account, period: PastPeriod, selection: Selection = EVERYTHING, *, headroom: bool = False
) -> BacktestReport:
    """
    Make a plan, and judge the past purchases of a period by the selected part of it.

    With `headroom`, the result includes the use of each limit. Raises as `make_account_plan` and `read_past`
    do.
    """
    plan, snapshot = plan_with_snapshot(account, selection)
    found = backtest_plan(account, snapshot, plan, period, headroom=headroom)
    return BacktestReport(
        format_version=FORMAT_VERSION,
        project=plan.project,
        environment=plan.environment,
        mode=plan.mode,
        account=plan.account,
        **asdict(found),
    )


def with_backtest(account: Account, snapshot: Snapshot, plan: Plan, period: PastPeriod) -> Plan:
    """Return a plan with its backtest added; raises as `read_past` does."""
    return replace(plan, backtest=backtest_plan(account, snapshot, plan, period))


def backtest_plan(
    account: Account, snapshot: Snapshot, plan: Plan, period: PastPeriod, *, headroom: bool = False
) -> BacktestDocument:
    """
    Judge the past purchases of a period by the controls of a plan that was made from `snapshot`.

    With `headroom`, the result includes the use of each limit. Raises as `read_past` does.
    """
    planned = planned_controls(account.kinds, plan)
    with read_past(account, snapshot, period) as read:
        return backtest(read.past, planned, read.begin, headroom=headroom)
