"""One write, held to its promise: a creation makes the object it says, a top-up fills the right balance."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from provisioner.core.call import Call, Phase, Step, creation_key
from provisioner.core.ownership import ADDRESS, GENERATION, PROJECT
from provisioner.core.plan import Plan
from provisioner.core.problem import ProvisionerError, StaleError, StripeError
from provisioner.engine.ports import Answer, Writer

ATTEMPTS = 5
SAME_KEY_OTHER_PARAMETERS = "idempotency_error"
BAD_REQUEST = 400


def write(writer: Writer, plan: Plan, step: Step, call: Call) -> Answer:
    """
    Make a call of a plan and check what Stripe answers.

    Raises StripeError, AccessError, or StaleError when another run has taken the same step.
    """
    if step.phase is Phase.MONEY:
        return _fund(writer, call)
    if call.verb != "create":
        return writer.perform(call)
    return _create(writer, plan, step, call)


def _create(writer: Writer, plan: Plan, step: Step, call: Call) -> Answer:
    """
    Create an object at most once, whatever has been tried before under the same key.

    Stripe replays a key's first answer for 24 hours, refusals included. So a replayed refusal or object
    says nothing about now: the address is looked up, and only when nothing is there is the next
    attempt's key used, which every run derives alike.
    """
    past = [change.predecessors for change in plan.changes if change.address == step.address]
    generation = int(call.params["metadata"][GENERATION])
    for attempt in range(ATTEMPTS):
        key = creation_key(plan.project, step.address, generation, past[0] if past else (), attempt)
        try:
            answer = writer.perform(replace(call, key=key))
        except StripeError as error:
            if error.code != SAME_KEY_OTHER_PARAMETERS:
                raise
        else:
            if not answer.replayed or _is_there(writer, call, answer):
                return answer
        if _find(writer, call):
            raise StaleError("another run has just created it; plan again")
    raise StripeError(f"Stripe refuses every idempotency key of {step.address}; try again in 24 hours")


def _is_there(writer: Writer, call: Call, answer: Answer) -> bool:
    """Whether a replayed creation stands for an object that is there now, and still ours."""
    found = writer.retrieve(f"{call.service.replace('.', '/')}/{answer.object.get('id')}")
    return _matches(found, call)


def _find(writer: Writer, call: Call) -> Mapping[str, Any] | None:
    found = writer.list(call.service.replace(".", "/"))
    return next((item for item in found if _matches(item, call)), None)


def _matches(item: Mapping[str, Any], call: Call) -> bool:
    marks = item.get("metadata") or {}
    wanted = call.params["metadata"]
    same = all(marks.get(key) == wanted[key] for key in (PROJECT, ADDRESS, GENERATION))
    return same and item.get("status") != "canceled"


def _fund(writer: Writer, call: Call) -> Answer:
    """
    Top up, and see that the money is bound for the Issuing balance.

    Some accounts ignore or refuse `destination_balance` (it is not in Stripe's public reference); money
    that Stripe does not say is bound for Issuing is canceled at once.
    """
    try:
        answer = writer.perform(call)
    except StripeError as error:
        if error.code == SAME_KEY_OTHER_PARAMETERS:
            raise StaleError("another run has just funded this balance; plan again") from None
        raise
    if answer.object.get("destination_balance") == "issuing":
        return answer
    identity = str(answer.object.get("id"))
    bound = answer.object.get("destination_balance") or "the payments balance"
    try:
        writer.perform(Call(call.service, "cancel", identity, {}))
    except ProvisionerError as error:
        raise StripeError(f"top-up {identity} goes to {bound}, and could not be canceled: {error}") from None
    raise StripeError(f"Stripe would send top-up {identity} to {bound}, not to Issuing; it was canceled")
