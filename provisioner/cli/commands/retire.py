"""`retire`: deactivate or cancel specific objects, including those kept by `on_remove: keep`."""

import click

from provisioner.app.retire import plan_retirement
from provisioner.cli.options.complete import complete
from provisioner.cli.options.shared import (
    CANCEL,
    CONFIGURATION,
    Options,
    WriteOptions,
    address_of,
    stripe_only_options,
    write_options,
)
from provisioner.cli.review import do
from provisioner.cli.session import session
from provisioner.cli.terminal.exit import exits


@click.command()
@stripe_only_options
@write_options
@CONFIGURATION
@CANCEL
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...", shell_complete=complete)
@exits
def command(
    options: Options,
    *,
    cancel: bool,
    addresses: tuple[str, ...],
    manner: WriteOptions,
) -> int:
    """
    Deactivate or cancel objects that are no longer in the configuration, by ADDRESS (such as cards.ads).

    Cards and cardholders become inactive; adding them to the configuration again reactivates them.
    """
    wanted = [address_of(text) for text in addresses]
    with session(options) as stripe:
        return do(stripe, lambda: plan_retirement(stripe, wanted, cancel=cancel), manner, options=options)
