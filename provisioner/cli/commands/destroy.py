"""`destroy`: retire everything that the project has."""

import click

from provisioner.app.retire import plan_destruction
from provisioner.cli.options.shared import CANCEL, Options, WriteOptions, stripe_options, write_options
from provisioner.cli.review import do
from provisioner.cli.session import session
from provisioner.cli.terminal.exit import exits


@click.command()
@stripe_options
@write_options
@CANCEL
@exits
def command(options: Options, *, cancel: bool, manner: WriteOptions) -> int:
    """
    Retire every object of the project at PATH.

    Cards and cardholders become inactive, or end as their `on_remove` says; no card stays spendable but
    those to be kept. The guardrails hold here as well: name the number.
    """
    with session(options) as stripe:
        return do(stripe, lambda: plan_destruction(stripe, cancel=cancel), manner, color=options.color)
