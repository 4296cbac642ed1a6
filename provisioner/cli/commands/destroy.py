"""`destroy`: deactivate or cancel every object of the project."""

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
    Deactivate or cancel every object of the project at PATH.

    Cards and cardholders become inactive, or end as their `on_remove` says; those with
    `on_remove: keep`, and what they refer to, are not changed. Guardrails apply here, too.
    """
    with session(options) as stripe:
        return do(stripe, lambda: plan_destruction(stripe, cancel=cancel), manner, options=options)
