"""`check`: everything that a pull request is checked for, in one report."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import click

from provisioner.app.check import check_project
from provisioner.app.history import PastPeriod
from provisioner.app.purchases import on_sandbox
from provisioner.cli.options.backtest import backtest_options
from provisioner.cli.options.code_hosts import annotate, annotate_option, repository_of, sarif_text
from provisioner.cli.options.saving import saving_options
from provisioner.cli.options.shared import ALLOW, Options, read, stripe_options
from provisioner.cli.saved_plan import check_free, save
from provisioner.cli.session import fitted, open_account
from provisioner.cli.terminal.exit import exits
from provisioner.cli.terminal.progress import collect_scenarios
from provisioner.cli.terminal.render import say_page, say_text, width
from provisioner.core.plan.check import ProjectCheck
from provisioner.core.plan.document import as_json
from provisioner.engine.private_file import write_private
from provisioner.views.check.code_hosts import gitlab_report
from provisioner.views.check.document import check_document
from provisioner.views.check.junit import check_junit
from provisioner.views.check.markdown import check_markdown
from provisioner.views.check.text import check_text

REPORTS = ("json", "markdown", "sarif", "gitlab", "junit")


def _reports(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[Path, str]:
    """Read `--report sarif=FILE`."""
    found = {}
    for value in values:
        format_, _, file = value.partition("=")
        if format_ not in REPORTS or not file:
            raise click.BadParameter(f"{value!r} is not FORMAT=FILE with FORMAT one of {', '.join(REPORTS)}")
        found[Path(file)] = format_
    return found


@click.command()
@stripe_options
@ALLOW
@click.option(
    "--format", "format_", type=click.Choice(["text", *REPORTS]), default="text", help="Output format."
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FORMAT=FILE",
    callback=_reports,
    help=f"Also write the check to this file; FORMAT is {', '.join(REPORTS[:-1])} or {REPORTS[-1]}.",
)
@backtest_options
@saving_options
@annotate_option
@exits
def command(  # noqa: PLR0913 - one for each option
    options: Options,
    *,
    allow: Mapping[str, int],
    format_: str,
    reports: Mapping[Path, str],
    period: PastPeriod | None,
    out: Path | None,
    good_for: timedelta,
    annotated: bool,
) -> int:
    """
    Check the configuration at PATH for a pull request: validate it, run its scenarios, judge its plan.

    Nothing is changed: Stripe is read with a client that cannot write, and the scenarios run on private
    sandboxes. With --backtest, past purchases are judged by the planned controls. Every part is reported as
    passed, failed or skipped, with the plan. The exit code is that of the worst part: 1 for an invalid
    configuration or a failed scenario, 3 for a guardrail, and that of `plan` if no plan can be made. Formats
    sarif and gitlab list the problems with their places.
    """
    if out:
        check_free(out)
    checked = check_project(
        ProjectCheck(path=str(options.path), environment=options.env),
        lambda: fitted(options, read(options)),
        lambda config: open_account(options, config),
        # on private sandboxes, where objects of the account cannot interfere
        lambda config: collect_scenarios(on_sandbox(config, config.scenarios), len(config.scenarios)),
        allow,
        period,
    )
    check = checked.check
    if out and check.plan and checked.plan:
        save(out, check.plan, checked.plan, options, good_for)
    for file, each in reports.items():
        write_private(file, _page(check, each, options))
    _say(check, format_, options)
    if annotated:
        annotate(check.parts, options)
    return check.exit_code


def _say(check: ProjectCheck, format_: str, options: Options) -> None:
    if format_ == "text":
        say_text(check_text(check, width()), color=options.color)
    else:
        say_page(_page(check, format_, options))


def _page(check: ProjectCheck, format_: str, options: Options) -> str:
    """Return the check in a format for files."""
    match format_:
        case "markdown":
            return check_markdown(check)
        case "sarif":
            return sarif_text(check.parts, options)
        case "junit":
            return check_junit(check)
        case "gitlab":
            return json.dumps(gitlab_report(check.parts, repository_of(options)), indent=2) + "\n"
        case _:
            return json.dumps(as_json(check_document(check)), indent=2) + "\n"
