"""Plans carried out: the only place where the steps of a plan are handed to a client that can write."""

from collections.abc import Callable

from provisioner.app.account import Account
from provisioner.core.model.errors import ProvisionerError
from provisioner.core.plan.plan import Plan
from provisioner.engine.apply.execute import WORKERS, Report, Result, execute
from provisioner.engine.apply.recipient import CommandOrFile


def silent(_result: Result) -> None:
    """Hear of a result and do nothing, where nobody watches."""


def carry_out(
    account: Account,
    plan: Plan,
    on_result: Callable[[Result], None] = silent,
    workers: int = WORKERS,
) -> Report:
    """
    Carry out a plan and report how each step ended; `on_result` is called as each one ends.

    Once the stop event of the account's transport is set, requests in flight are finished and no other
    is begun. Nothing is judged here: guardrails come first. Raises ProvisionerError, and changes nothing,
    where a secret could not be handed over.
    """
    recipient = CommandOrFile(account.environ, plan.account)
    for step in plan.steps:
        if step.handover:
            try:
                recipient.check(step.handover)
            except ProvisionerError as error:
                raise ProvisionerError(f"{step.address}: {error}") from None
    return execute(plan, account.writer, on_result, account.transport.stop, workers, recipient)
