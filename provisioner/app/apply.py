"""Carries out plans: the only place that passes the steps of a plan to a client that can write."""

from collections.abc import Callable

from provisioner.app.account import Account
from provisioner.core.model.errors import ProvisionerError
from provisioner.core.plan.plan import Plan
from provisioner.engine.apply.execute import WORKERS, Report, Result, execute
from provisioner.engine.apply.recipient import CommandOrFile


def silent(_result: Result) -> None:
    """Ignore a result; the default when nobody wants to see results."""


def carry_out(
    account: Account,
    plan: Plan,
    on_result: Callable[[Result], None] = silent,
    workers: int = WORKERS,
) -> Report:
    """
    Carry out a plan and return a report of its steps; `on_result` is called as each step ends.

    After the stop event of the account's transport is set, requests in flight are finished and no others are
    started. Guardrails are not checked here; check them first. Raises ProvisionerError, and changes nothing,
    if a secret could not be handed over.
    """
    recipient = CommandOrFile(account.environ, plan.account)
    for step in plan.steps:
        if step.handover:
            try:
                recipient.check(step.handover)
            except ProvisionerError as error:
                raise ProvisionerError(f"{step.address}: {error}") from None
    return execute(plan, account.writer, on_result, account.transport.stop, workers, recipient)
