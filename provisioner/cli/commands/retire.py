"""`retire`: end objects on purpose, those that left the YAML with `on_remove: keep` among them."""

import click

from provisioner.app.retire import plan_retirement
from provisioner.cli.options.shared import (
    CANCEL,
    CONFIGURATION,
    Options,
    WriteOptions,
    address_of,
    complete,
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
    Retire the objects at each ADDRESS, such as cards.ads, that the configuration declares no more.

    Cards and cardholders become inactive, which declaring them again undoes.
    """
    wanted = [address_of(text) for text in addresses]
    with session(options) as stripe:
        return do(stripe, lambda: plan_retirement(stripe, wanted, cancel=cancel), manner, color=options.color)
