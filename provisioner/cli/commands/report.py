"""`report`: write the cards, their money and their purchases to one HTML file."""

from pathlib import Path

import click

from provisioner.app.estate import EstateReader
from provisioner.app.recorded_estate import RecordedReader
from provisioner.cli.options.looking import LookOptions, look_options
from provisioner.cli.options.shared import Options, stripe_options
from provisioner.cli.session import session
from provisioner.cli.terminal.exit import DONE, exits
from provisioner.core.model.words import count
from provisioner.engine.private_file import write_private


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

    Stripe is read with a client that cannot write. The file needs no server and no network.
    """
    from provisioner.web.report import report_html  # noqa: PLC0415 - cold start: the templates are heavy

    with session(options) as stripe:
        reader = EstateReader(lambda: stripe, days=look.days, personal=look.personal)
        estate = RecordedReader(reader, look.snapshots, "report").read()
    write_private(out, report_html(estate))
    cards, purchases = count(len(estate.cards), "card"), count(len(estate.shown), "purchase")
    click.echo(f"Wrote {out}: {cards}, {purchases}.")
    return DONE
