"""`backtest`: judge past purchases by the controls in the configuration."""

import json
from pathlib import Path

import click

from provisioner.app.backtest import backtest_account
from provisioner.app.history import PastPeriod
from provisioner.cli.options.backtest import period_options
from provisioner.cli.options.shared import Options, part_options
from provisioner.cli.session import session
from provisioner.cli.terminal.exit import DONE, exits
from provisioner.cli.terminal.render import say_page, say_text
from provisioner.core.plan.document import as_json
from provisioner.core.plan.selection import Selection
from provisioner.core.purchases.backtest_report import BacktestReport
from provisioner.engine.private_file import write_private
from provisioner.views.backtest.markdown import backtest_markdown
from provisioner.views.backtest.text import backtest_text

HEAD = ("format_version", "project", "environment", "mode", "account")
FORMATS = ("text", "json", "markdown")


@click.command()
@part_options
@period_options
@click.option(
    "--headroom", is_flag=True, help="Also show how much of each limit was used, and which could be lowered."
)
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", help="Output format.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the report to this file instead of stdout.",
)
@exits
def command(options: Options, *, period: PastPeriod, headroom: bool, format_: str, out: Path | None) -> int:
    """
    Show which past purchases the configuration at PATH would decline or approve; change nothing.

    The purchases are read from Stripe with a client that cannot write, and judged in order by the controls
    that an apply would put in force. They are also judged by the controls at the time: the share of decisions
    that agree with Stripe's shows how reliable the result is. With --history, they are stored in a file, so
    that the next run reads only later ones.
    """
    with session(options) as stripe:
        report = backtest_account(
            stripe, period, Selection(options.targets, options.excludes), headroom=headroom
        )
    if format_ == "text" and not out:
        say_text(backtest_text(report), color=options.color)
        return DONE
    views = {"text": backtest_text, "json": report_json, "markdown": backtest_markdown}
    text = views[format_](report)
    if out:
        write_private(out, text)
    else:
        say_page(text)
    return DONE


def report_json(report: BacktestReport) -> str:
    """Return a report as JSON that begins with the account."""
    values = as_json(report)
    head = {name: values.pop(name) for name in HEAD}
    return json.dumps(head | values, indent=2) + "\n"
