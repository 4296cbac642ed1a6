"""`plan`: show what apply would change, using a client that cannot write."""

import re
from datetime import timedelta
from pathlib import Path

import click

from provisioner.app.cache import Cache
from provisioner.app.plan import make_account_plan
from provisioner.cli.options.cache import cache_options
from provisioner.cli.options.shared import Options, part_options
from provisioner.cli.saved_plan import check_free, save
from provisioner.cli.session import session
from provisioner.cli.terminal.exit import CHANGES, DONE, exits
from provisioner.cli.terminal.render import format_option, ignore_option, present
from provisioner.core.approval.integrity import LONGEST
from provisioner.core.plan.guardrails import stops
from provisioner.core.plan.selection import Selection
from provisioner.core.plan.write_document import plan_document

_TIME = re.compile(r"(?P<number>[0-9]{1,7})(?P<unit>[smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _good_for(_ctx: click.Context, _param: click.Parameter, text: str) -> timedelta:
    """Read how long a saved plan can be applied."""
    match = _TIME.fullmatch(text)
    time = timedelta(**{_UNITS[match["unit"]]: int(match["number"])}) if match else timedelta()
    if not timedelta() < time <= LONGEST:
        raise click.BadParameter(f"{text!r} is not a duration up to {LONGEST.days}d, such as 30m, 12h or 7d")
    return time


@click.command()
@part_options
@format_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save the plan to this file, for `apply FILE`.",
)
@click.option(
    "--expires",
    "good_for",
    default="7d",
    callback=_good_for,
    metavar="TIME",
    help="How long the saved plan can be applied, such as 30m, 12h or 7d (the maximum).",
)
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
