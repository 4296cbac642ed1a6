"""`apply`: plan, ask for approval, apply, report."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.app.plan import plan_of_expired_grants, plan_with_snapshot
from provisioner.cli.options.backtest import backtest_options
from provisioner.cli.options.metrics import measured
from provisioner.cli.options.notify import Notification, notified
from provisioner.cli.options.remember import SNAPSHOT
from provisioner.cli.options.shared import Options, WriteOptions, part_options, write_options
from provisioner.cli.review import do
from provisioner.cli.saved_plan import is_saved, options_of, read_to_apply
from provisioner.cli.session import session
from provisioner.cli.terminal.exit import DONE, PARTLY, exits
from provisioner.cli.terminal.render import say_text
from provisioner.cli.terminal.signals import end, on_signal
from provisioner.core.approval.approve import hold_to
from provisioner.core.approval.integrity import check_maker
from provisioner.core.model.errors import ProvisionerError
from provisioner.core.plan.document import SavedPlanDocument
from provisioner.core.plan.plan import Plan
from provisioner.core.plan.selection import Selection
from provisioner.core.purchases.backtest_document import BacktestDocument
from provisioner.views.metrics import RunFigures

if TYPE_CHECKING:
    from provisioner.app.history import PastPeriod


@click.command()
@part_options
@write_options
@click.option(
    "--expired-grants",
    "expired",
    is_flag=True,
    help="Only take back what ended grants have given, without asking. This only lowers spending.",
)
@SNAPSHOT
@backtest_options
@notified("apply")
@measured("apply")
@exits
def command(
    options: Options,
    *,
    manner: WriteOptions,
    expired: bool,
    snapshot: bool,
    period: "PastPeriod | None",
    news: Notification,
    figures: RunFigures,
) -> int:
    """
    Make Stripe match the configuration at PATH: show a plan, ask for approval, and make the changes.

    PATH may be a plan saved with `plan --out`; then only the approved changes are made, and --env checks that
    the plan was made for that environment. After a failure, run the same command again: it makes the
    remaining changes and repeats none. With --backtest, the plan shows the past purchases that the changes
    would have declined, and the guardrail max_declined_purchases applies to them.
    """
    saved = read_to_apply(options.path) if is_saved(options.path) else None
    if saved:
        options = options_of(saved, options)
        # Whoever applies a saved plan has reviewed and so approved it; a short reminder is enough.
        detail = manner.detail or "compact"
        manner = replace(manner, auto_approve=True, approve="broadening", detail=detail)
    if expired:
        if saved or options.targets or options.excludes or period:
            raise ProvisionerError(
                "--expired-grants cannot be used with a saved plan, --target, --exclude or --backtest"
            )
        manner = replace(manner, auto_approve=True)
    with session(options, news.of, figures.of) as stripe:
        if expired:
            code = _take_back(stripe, manner, options, news, figures)
        else:
            shown = saved.stopped_by if saved else ()
            make = _maker(stripe, options, saved, period, figures)
            code = do(stripe, make, manner, options=options, shown=shown, heard=news.has)
        if snapshot and code in (DONE, PARTLY):
            _remember(stripe)
        return code


def _remember(stripe: Account) -> None:
    from provisioner.app.recorded_estate import remember  # noqa: PLC0415 - cold start: few runs remember

    def interrupted() -> None:
        click.echo("Interrupted; the apply had ended, but its figures were not stored.", err=True)

    with on_signal(lambda: end(interrupted)):
        remember(stripe, "apply")


def _maker(
    stripe: Account,
    options: Options,
    saved: SavedPlanDocument | None,
    period: "PastPeriod | None",
    figures: RunFigures,
) -> Callable[[], Plan]:
    """Return a function that makes the plan; for an unchanged plan, it reads purchases only once."""
    judged: dict[str, BacktestDocument | None] = {}

    def make() -> Plan:
        plan, snapshot = plan_with_snapshot(stripe, Selection(options.targets, options.excludes))
        if saved:
            check_maker(plan, saved)
            plan = hold_to(stripe.kinds, plan, saved)
        figures.saw(stripe.kinds, plan)
        if period is None:
            return plan
        if plan.fingerprint not in judged:
            from provisioner.app.backtest import with_backtest  # noqa: PLC0415 - cold start: few applies have one

            judged[plan.fingerprint] = with_backtest(stripe, snapshot, plan, period).backtest
        return replace(plan, backtest=judged[plan.fingerprint])

    return make


def _take_back(
    stripe: Account, manner: WriteOptions, options: Options, news: Notification, figures: RunFigures
) -> int:
    plan = plan_of_expired_grants(stripe)
    figures.saw(stripe.kinds, plan)
    if not plan.changes and manner.format_ == "text":
        say_text("Nothing that an ended grant gave is left in Stripe.\n", color=options.color)
        return DONE
    return do(stripe, lambda: plan, manner, options=options, heard=news.has)
