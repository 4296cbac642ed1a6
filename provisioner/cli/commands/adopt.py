"""`import`: bring existing objects under management by writing ownership metadata on them."""

from pathlib import Path

import click

from provisioner.app.adopt import plan_import, plan_imports
from provisioner.cli.options.complete import complete
from provisioner.cli.options.shared import (
    Options,
    WriteOptions,
    address_of,
    stripe_only_options,
    write_options,
)
from provisioner.cli.review import do
from provisioner.cli.session import session
from provisioner.cli.terminal.exit import DONE, PARTLY, exits
from provisioner.core.model.errors import ProvisionerError
from provisioner.core.model.resource import Address
from provisioner.core.plan.plan import Plan


@click.command()
@stripe_only_options
@write_options
@click.option(
    "--all", "every", is_flag=True, help="Match every resource in the configuration that has no object yet."
)
@click.option("--dry-run", is_flag=True, help="Show what would be imported; change nothing.")
@click.argument("words", nargs=-1, metavar="[PATH] ADDRESS ID | [PATH] --all", shell_complete=complete)
@exits
def command(
    options: Options,
    *,
    words: tuple[str, ...],
    every: bool,
    dry_run: bool,
    manner: WriteOptions,
) -> int:
    """
    Bring existing Stripe objects under management: ID is the object for ADDRESS in the configuration at PATH.

    With --all, every resource without an object is matched by name and email, or by all its fields; if
    several objects match, none is imported, and the exit code is 5. Only metadata is written.
    """
    needed = 0 if every else 2
    if not needed <= len(words) <= needed + 1:
        raise ProvisionerError(
            "expected [PATH] ADDRESS ID, such as `import cards.ads ic_1Abc`, or [PATH] --all"
        )
    path = Path(words[0]) if len(words) > needed else Path()
    address = None if every else address_of(words[-2])
    unclear: set[Address] = set()
    with session(options.at(path)) as stripe:

        def make() -> Plan:
            if address is not None:
                return plan_import(stripe, address, words[-1])
            plan, addresses = plan_imports(stripe)
            unclear.update(addresses)
            return plan

        code = do(stripe, make, manner, options=options, dry_run=dry_run)
    return PARTLY if code == DONE and unclear else code
