"""`destroy`: retire everything that the project has."""

import click

from provisioner.cli.doing import do
from provisioner.cli.exits import exits
from provisioner.cli.options import Manner, Options, stripe_options, write_options
from provisioner.cli.session import session
from provisioner.core.ending import retire_all
from provisioner.core.estate import survey
from provisioner.core.find import Findings
from provisioner.core.plan import Plan, assemble
from provisioner.kinds import KINDS


@click.command()
@stripe_options
@write_options
@click.option("--cancel", is_flag=True, help="For good: a canceled card never comes back.")
@exits
def command(options: Options, *, cancel: bool, manner: Manner) -> int:
    """
    Retire every object of the project at PATH.

    Cards and cardholders become inactive, or end as their `on_remove` says; no card stays spendable but
    those to be kept. The guardrails hold here as well: name the number.
    """
    with session(options) as stripe:

        def make() -> Plan:
            world = stripe.observe()
            surveyed = survey(KINDS, stripe.config, world)
            found = Findings(retire_all(KINDS, surveyed, cancel=cancel))
            return assemble(KINDS, stripe.config, world, surveyed, found)

        return do(stripe, make, manner, color=options.color)
