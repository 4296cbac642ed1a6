"""`plan`: show what apply would change, using a client that cannot write."""

from datetime import timedelta
from pathlib import Path

import click

from provisioner.app.cache import Cache
from provisioner.app.plan import make_account_plan
from provisioner.cli.options.cache import cache_options
from provisioner.cli.options.saving import saving_options
from provisioner.cli.options.shared import Options, part_options
from provisioner.cli.saved_plan import check_free, save
from provisioner.cli.session import session
from provisioner.cli.terminal.exit import CHANGES, DONE, exits
from provisioner.cli.terminal.render import format_option, ignore_option, present
from provisioner.core.plan.guardrails import stops
from provisioner.core.plan.selection import Selection
from provisioner.core.plan.write_document import plan_document


@click.command()
@part_options
@format_option
@saving_options
@cache_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if there are changes.")
@ignore_option
@exits
def command(
    options: Options,
    *,
    format_: str,
    out: Path | None,
    good_for: timedelta,
    cache: Cache | None,
    detailed_exitcode: bool,
    exitcode_ignore: str | None,
) -> int:
    """
    Show the changes that apply would make for the configuration at PATH; change nothing.

    Stripe is read with a client that cannot write. With --out, the plan is also saved for `show` and for
    `apply FILE`, which makes exactly the approved changes.
    """
    if out:
        check_free(out)
    with session(options) as stripe:
        plan = make_account_plan(stripe, Selection(options.targets, options.excludes), cache)
        # whoever applies a saved plan has reviewed it: that is the approval
        stopped = stops(plan, stripe.config.guardrails, approved=out is not None)
    document = plan_document(stripe.kinds, plan, stopped)
    if out:
        save(out, document, plan, options, good_for)
    present(document, format_, color=options.color)
    return CHANGES if detailed_exitcode and not document.is_empty(exitcode_ignore) else DONE
