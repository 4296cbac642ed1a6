"""`plan`: show what apply would change, using a client that cannot write."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from provisioner.app.cache import Cache
from provisioner.app.plan import explain_plan, plan_with_snapshot
from provisioner.cli.options.backtest import backtest_options
from provisioner.cli.options.cache import cache_options
from provisioner.cli.options.metrics import measured
from provisioner.cli.options.saving import saving_options
from provisioner.cli.options.shared import Options, part_options
from provisioner.cli.saved_plan import check_free, save
from provisioner.cli.session import session
from provisioner.cli.terminal.exit import exits
from provisioner.cli.terminal.render import ShowPlan, exitcode_options, format_options
from provisioner.core.plan.document import ShownPlan
from provisioner.core.plan.guardrails import stops
from provisioner.core.plan.selection import Selection
from provisioner.core.plan.write_document import plan_document
from provisioner.views.metrics import RunFigures

if TYPE_CHECKING:
    from provisioner.app.history import PastPeriod


@click.command()
@part_options
@format_options
@saving_options
@click.option(
    "--explain",
    "explained",
    is_flag=True,
    help="For each value that the plan reverts, show when and by which request it was changed.",
)
@cache_options
@backtest_options
@exitcode_options
@measured("plan")
@exits
def command(  # noqa: PLR0913 - one for each option
    options: Options,
    *,
    show: ShowPlan,
    out: Path | None,
    good_for: timedelta,
    explained: bool,
    cache: Cache | None,
    period: "PastPeriod | None",
    code_of: Callable[[ShownPlan], int],
    figures: RunFigures,
) -> int:
    """
    Show the changes that apply would make for the configuration at PATH; change nothing.

    Stripe is read with a client that cannot write. With --out, the plan is also saved for `show` and for
    `apply FILE`, which makes exactly the approved changes.
    """
    if out:
        check_free(out)
    with session(options, figures.of) as stripe:
        if cache and period:  # A cache lacks the cards of other projects, which share cardholders' limits.
            cache = replace(cache, refresh=True)
        plan, snapshot = plan_with_snapshot(stripe, Selection(options.targets, options.excludes), cache)
        if explained:
            plan = explain_plan(stripe, plan)
        if period:
            from provisioner.app.backtest import with_backtest  # noqa: PLC0415 - cold start: few plans have one

            plan = with_backtest(stripe, snapshot, plan, period)
        # Whoever applies a saved plan has reviewed it; that counts as approval.
        stopped = stops(plan, stripe.config.guardrails, approved=out is not None)
        document = plan_document(stripe.kinds, plan, stopped)
    figures.plan = document
    if out:
        save(out, document, plan, options, good_for)
    show(document, color=options.color, path=options.path)
    return code_of(document)
