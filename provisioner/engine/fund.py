"""A top-up: made once for each state of the past, and only into the Issuing balance."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from provisioner.core.call import Call, Step, attempt_key
from provisioner.core.change import Action
from provisioner.core.funding import is_bound, is_ours
from provisioner.core.plan import Plan
from provisioner.core.problem import ProvisionerError, StaleError, StripeError
from provisioner.engine.ports import Answer, Writer
from provisioner.engine.refusal import ATTEMPTS, MARGIN, is_of_the_past, is_open

ALIVE = frozenset({"pending", "succeeded"})

TopUp = Mapping[str, Any]


def fund(writer: Writer, plan: Plan, step: Step, call: Call) -> Answer:
    """
    Compare and set: the key says which of our top-ups was the newest, so one follows it and no more.

    Before each attempt Stripe is asked what has come since; a plan may be older than the keys that
    Stripe keeps. The same top-up made by another run counts as done, another one makes the plan stale.
    Raises StaleError, StripeError or AccessError.
    """
    if call.key is None:
        raise ValueError(f"{step.address}: a top-up without a key")
    for attempt in range(ATTEMPTS):
        if newer := list(_newer(writer, plan, step)):
            return _followed(newer, call)
        try:
            answer = writer.perform(replace(call, key=attempt_key(call.key, attempt)))
        except StripeError as error:
            if not is_open(error):
                raise _advised(error) from None
            if not is_of_the_past(error):
                if newer := list(_newer(writer, plan, step)):
                    return _followed(newer, call)
                raise
        else:
            return _confirmed(writer, call, answer)
    raise StripeError(f"Stripe has kept a failure for each of {ATTEMPTS} keys; try again in 24 hours")


def _advised(error: StripeError) -> StripeError:
    """The same error with what to do, where an account may not fill its Issuing balance by the API."""
    if error.code != "parameter_unknown" or "destination_balance" not in str(error):
        return error
    advised = StripeError(
        f"{error}; Stripe has not opened top-ups of the Issuing balance to this account: fund it in the "
        "Dashboard, or ask Stripe's support for them",
        status=error.status,
        code=error.code,
    )
    advised.request_id = error.request_id
    return advised


def _newer(writer: Writer, plan: Plan, step: Step) -> Iterator[TopUp]:
    """
    Our top-ups of this currency that the plan has not seen, newest first.

    Raises StripeError where one of them, or the newest that it has seen, is pending for another
    balance, and cancels it.
    """
    seen = next(
        (c.predecessors for c in plan.changes if c.action is Action.TOP_UP and c.address == step.address), ()
    )
    # nothing is older than the plan but what it has seen, which is looked at once more
    since = 0 if seen else plan.newest.get(step.call.service, 0) - MARGIN
    for item in writer.list(step.call.service, {"created": {"gte": since}} if since > 0 else {}):
        if item.get("currency") != step.address.name or not is_ours(item, plan.project, step.address):
            continue
        _hold(writer, step.call, item)
        if item.get("id") in seen:
            return
        yield item


def _followed(newer: list[TopUp], call: Call) -> Answer:
    """What has come since the plan, where it is just what the plan would have made."""
    (last, *others) = newer
    if others or not _is_asked(last, call) or last.get("status") not in ALIVE:
        raise StaleError(f"another run has just funded this balance ({last.get('id')}); plan again")
    return Answer(last, replayed=True)


def _confirmed(writer: Writer, call: Call, answer: Answer) -> Answer:
    """An answer whose money is on its way to Issuing, as Stripe has it now."""
    identity = answer.object.get("id")
    if not isinstance(identity, str) or not identity:
        raise StripeError(
            "Stripe's answer to a top-up has no id; look into the Dashboard before trying again"
        )
    top_up = writer.retrieve(f"{call.service}/{identity}") if answer.replayed else answer.object
    _hold(writer, call, top_up)
    if top_up.get("status") not in ALIVE:
        raise StaleError(f"top-up {identity} is {top_up.get('status')} by now; plan again")
    if not _is_asked(top_up, call):
        raise StripeError(f"top-up {identity} is not of the amount that was asked for")
    return replace(answer, object=top_up)


def _hold(writer: Writer, call: Call, top_up: TopUp) -> None:
    """
    See that money is bound for the Issuing balance, and cancel it at once where it is not.

    Some accounts ignore or refuse `destination_balance` (it is not in Stripe's public reference).
    """
    if is_bound(top_up) or top_up.get("status") not in ALIVE:
        return
    identity = str(top_up.get("id"))
    bound = "another balance" if top_up.get("destination_balance") else "the payments balance"
    if top_up.get("status") == "succeeded":
        raise StripeError(f"top-up {identity} went to {bound}, not to Issuing; move it in the Dashboard")
    try:
        writer.perform(Call(call.service, "cancel", identity, {}))
    except ProvisionerError as error:
        raise StripeError(f"top-up {identity} goes to {bound}, and could not be canceled: {error}") from None
    raise StripeError(f"Stripe would send top-up {identity} to {bound}, not to Issuing; it was canceled")


def _is_asked(top_up: TopUp, call: Call) -> bool:
    return all(top_up.get(name) == call.params[name] for name in ("amount", "currency"))
