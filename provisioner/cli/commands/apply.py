"""`apply`: plan, ask for approval, apply, report."""

import click
from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.app.plan import make_account_plan, plan_of_expired_grants
from provisioner.cli.options.metrics import measured
from provisioner.cli.options.notify import Notification, notified
from provisioner.cli.options.shared import Options, WriteOptions, part_options, write_options
from provisioner.cli.review import do
from provisioner.cli.saved_plan import is_saved, options_of, read_to_apply
from provisioner.cli.session import session
from provisioner.cli.terminal.exit import DONE, exits
from provisioner.cli.terminal.render import say_text
from provisioner.core.approval.approve import hold_to
from provisioner.core.approval.integrity import check_maker
from provisioner.core.model.errors import ProvisionerError
from provisioner.core.plan.plan import Plan
from provisioner.core.plan.selection import Selection
from provisioner.views.metrics import RunFigures


@click.command()
@part_options
@write_options
@click.option(
    "--expired-grants",
    "expired",
    is_flag=True,
    help="Only take back what ended grants have given, without asking: it lowers spending only.",
)
@notified("apply")
@measured("apply")
@exits
def command(
    options: Options, *, manner: WriteOptions, expired: bool, news: Notification, figures: RunFigures
) -> int:
    """
    Make Stripe match the configuration at PATH: show a plan, ask for approval, and make the changes.

    PATH may be a plan saved with `plan --out`; then only the approved changes are made, and --env checks
    that the plan was made for that environment. After a failure, run the same command again: it makes the
    remaining changes and repeats none.
    """
    saved = read_to_apply(options.path) if is_saved(options.path) else None
    if saved:
        options = options_of(saved, options)
        # whoever applies a saved plan has reviewed it: that is the approval, and a short reminder is enough
        detail = manner.detail or "compact"
        manner = replace(manner, auto_approve=True, approve="broadening", detail=detail)
    if expired:
        if saved or options.targets or options.excludes:
            raise ProvisionerError("--expired-grants cannot be used with a saved plan, --target or --exclude")
        manner = replace(manner, auto_approve=True)
    with session(options, news.of, figures.of) as stripe:
        if expired:
            return _take_back(stripe, manner, options, news, figures)

        def make() -> Plan:
            plan = make_account_plan(stripe, Selection(options.targets, options.excludes))
            if saved:
                check_maker(plan, saved)
                plan = hold_to(stripe.kinds, plan, saved)
            figures.saw(stripe.kinds, plan)
            return plan

        shown = saved.stopped_by if saved else ()
        return do(stripe, make, manner, options=options, shown=shown, heard=news.has)


def _take_back(
    stripe: Account, manner: WriteOptions, options: Options, news: Notification, figures: RunFigures
) -> int:
    plan = plan_of_expired_grants(stripe)
    figures.saw(stripe.kinds, plan)
    if not plan.changes and manner.format_ == "text":
        say_text("Nothing that an ended grant gave is left in Stripe.\n", color=options.color)
        return DONE
    return do(stripe, lambda: plan, manner, options=options, heard=news.has)
