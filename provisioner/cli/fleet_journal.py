"""The journal of a fleet: what workers did, appended here as each account ends."""

import json
from collections.abc import Callable

import click

from provisioner.cli.doing import JOURNAL
from provisioner.engine.journal import append
from provisioner.fleet.outcome import Outcome


def fleet_journal() -> Callable[[Outcome], None]:
    """
    A watcher that appends the steps of every account to the journal.

    What a lost worker did is not in it; running its accounts again finds that in Stripe.
    """
    broken = False

    def write(outcome: Outcome) -> None:
        nonlocal broken
        if broken or not outcome.steps:
            return
        try:
            append(JOURNAL, "".join(json.dumps(step) + "\n" for step in outcome.steps))
        except OSError as error:
            broken = True
            text = f"Warning: the journal {JOURNAL} cannot be written ({error.strerror}); the run goes on"
            click.echo(text, err=True)

    return write
