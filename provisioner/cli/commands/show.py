"""`show`: show a saved plan without contacting Stripe."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from provisioner.cli.options.shared import NO_COLOR
from provisioner.cli.saved_plan import now, read
from provisioner.cli.terminal.exit import exits
from provisioner.cli.terminal.render import ShowPlan, exitcode_options, format_options
from provisioner.core.plan.document import SavedPlanDocument, ShownPlan


@click.command()
@click.argument("planfile", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@format_options
@exitcode_options
@NO_COLOR
@exits
def command(
    planfile: Path, *, show: ShowPlan, code_of: Callable[[ShownPlan], int], color: bool | None
) -> int:
    """Show the plan saved in PLANFILE without contacting Stripe."""
    document = read(planfile)
    head = ""
    if isinstance(document, SavedPlanDocument):
        created, expires = (
            datetime.fromisoformat(text).astimezone(UTC) for text in (document.created, document.expires)
        )
        ends = "expired" if expires <= now() else "expires"
        head = f"Saved {created:%Y-%m-%d %H:%M} UTC; {ends} {expires:%Y-%m-%d %H:%M} UTC."
    show(document, color=color, head=head)
    return code_of(document)
