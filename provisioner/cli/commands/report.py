"""`report`: write the cards, their money and their purchases to one HTML file."""

from pathlib import Path

import click

from provisioner.app.estate import EstateReader
from provisioner.app.recorded_estate import RecordedReader
from provisioner.cli.options.looking import LookOptions, fleet_source, look_options
from provisioner.cli.options.shared import Options, stripe_options
from provisioner.cli.session import session
from provisioner.cli.terminal.exit import DONE, exits
from provisioner.core.model.words import count
from provisioner.engine.private_file import write_private
from provisioner.fleet.read import is_fleet


@click.command()
@stripe_options
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="HTML file to write; only its owner may read it.",
)
@look_options
@exits
def command(options: Options, *, out: Path, look: LookOptions) -> int:
    """
    Write the account of the configuration at PATH to one HTML file: cards, money, purchases, drift, plan.

    PATH may also be a fleet: then the file shows its accounts with their money, drift and plans. Stripe is
    read with a client that cannot write. The file needs no server and no network.
    """
    from provisioner.web.report import fleet_report_html, report_html  # noqa: PLC0415 - cold start: templates are slow to import

    if is_fleet(options.path):
        from provisioner.fleet.look import fleet_reader  # noqa: PLC0415 - cold start: rarely needed

        with fleet_reader(fleet_source(options)) as found:
            fleet = found.read()
        write_private(out, fleet_report_html(fleet))
        click.echo(f"Wrote {out}: {count(len(fleet.accounts), 'account')}.")
        return DONE
    with session(options) as stripe:
        reader = EstateReader(lambda: stripe, days=look.days, personal=look.personal)
        estate = RecordedReader(reader, look.snapshots, "report").read()
    write_private(out, report_html(estate))
    cards, purchases = count(len(estate.cards), "card"), count(len(estate.shown), "purchase")
    click.echo(f"Wrote {out}: {cards}, {purchases}.")
    return DONE
