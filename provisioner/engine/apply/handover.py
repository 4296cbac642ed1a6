"""Hands over the secret that Stripe shows only when it creates an object."""

from collections.abc import Callable

from msgspec.structs import replace

from provisioner.core.model.errors import ProvisionerError, StripeError, UnfulfilledError
from provisioner.core.model.resource import LOST
from provisioner.core.ownership.marks import LIFECYCLE, secret_of, with_secret, written_again
from provisioner.core.plan.call import Call, Handover, Step, attempt_key
from provisioner.engine.apply.failure import is_of_the_past
from provisioner.engine.ports import Answer, Recipient, Writer

Set = Callable[[Call], Answer]
AGAIN = "Run it again to hand it over"
REPLACES = "Stripe no longer repeats its secret; the next plan replaces it with a new one"


def at_attempt(step: Step, call: Call, attempt: int) -> Call:
    """Return the call that creates a step's object in one attempt, counted from 0."""
    call = replace(call, key=attempt_key(str(call.key), attempt))
    if not step.handover or not attempt:
        return call
    metadata = call.params["metadata"]
    told = with_secret(metadata[LIFECYCLE], str(attempt))
    return replace(call, params={**call.params, "metadata": {**metadata, LIFECYCLE: told}})


def hand_over(
    writer: Writer, recipient: Recipient, step: Step, call: Call, made: Answer, set_values: Set
) -> Answer:
    """
    Hand over the secret of the object that was `made`, and record this on the object.

    The secret is in the response to the creation. If it is not available, the creation is requested again
    under the same key, and Stripe repeats its response. If another run has handed the secret over, nothing is
    done. Raises UnfulfilledError if the secret cannot be handed over; this is recorded on the object, and the
    next plan shows it.
    """
    handover, told = step.handover, (made.object.get("metadata") or {}).get(LIFECYCLE, "")
    attempt = secret_of(told)
    if handover is None or not attempt:
        return made
    identity, asked = str(made.object["id"]), at_attempt(step, call, 0 if attempt == LOST else int(attempt))

    def record(state: str) -> None:
        words = written_again(with_secret(told, state))
        set_values(Call(call.service, "update", identity, {"metadata": {LIFECYCLE: words}}))

    secret = str(made.object.get(handover.name) or "")
    if not secret and attempt != LOST:
        secret = _repeated(writer, asked, handover, identity)
    if not secret:
        record(LOST)
        raise UnfulfilledError(f"{identity}: {REPLACES}")
    try:
        recipient.give(handover, identity, secret)
    except ProvisionerError as error:
        raise UnfulfilledError(f"{identity} was created, but {error}. {AGAIN}") from None
    record("")
    return replace(made, key=asked.key or "")  # users need its own key to find the creation in Stripe's logs


def _repeated(writer: Writer, call: Call, handover: Handover, identity: str) -> str:
    """Return the secret in Stripe's repeated response to a creation; empty if Stripe does not repeat it."""
    try:
        answer = writer.perform(call)
    except StripeError as error:
        if is_of_the_past(error):
            return ""
        raise
    made = str(answer.object.get("id"))
    if made == identity:
        return str(answer.object.get(handover.name) or "")
    if not answer.replayed:  # Stripe has forgotten the key, so this is a second object that nobody requested
        writer.perform(Call(call.service, "delete", made, {}))
    return ""
