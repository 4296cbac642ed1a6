"""`apply`: plan, ask, do, report."""

import click
from msgspec.structs import replace

from provisioner.app.plan import make_account_plan
from provisioner.cli.options.notify import Notification, notified
from provisioner.cli.options.shared import Options, WriteOptions, part_options, write_options
from provisioner.cli.review import do
from provisioner.cli.saved_plan import is_saved, options_of, read_to_apply
from provisioner.cli.session import session
from provisioner.cli.terminal.exit import exits
from provisioner.core.approval.approve import hold_to
from provisioner.core.approval.integrity import check_maker
from provisioner.core.plan.plan import Plan
from provisioner.core.plan.selection import Selection


@click.command()
@part_options
@write_options
@notified("apply")
@exits
def command(options: Options, *, manner: WriteOptions, news: Notification) -> int:
    """
    Make Stripe match the configuration at PATH: plan, ask, and carry it out.

    PATH may be a plan that was saved with `plan --out`; then only what was approved is done, and --env
    demands that it was made for that environment. Where a step has failed, the same command again does what
    is left, and nothing twice.
    """
    saved = read_to_apply(options.path) if is_saved(options.path) else None
    if saved:
        options = options_of(saved, options)
        # what was saved was reviewed: that is the approval
        manner = replace(manner, auto_approve=True, approve="broadening")
    with session(options, news.of) as stripe:

        def make() -> Plan:
            plan = make_account_plan(stripe, Selection(options.targets, options.excludes))
            if saved is None:
                return plan
            check_maker(plan, saved)
            return hold_to(stripe.kinds, plan, saved)

        shown = saved.stopped_by if saved else ()
        return do(stripe, make, manner, color=options.color, shown=shown, heard=news.has)
