"""One write, held to its promise: done once, whatever was tried before under the same key."""

import uuid
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from provisioner.core.diff.fulfillment import says_unfulfilled, unfulfilled
from provisioner.core.model.errors import AccessError, StaleError, StripeError, UnfulfilledError
from provisioner.core.ownership.marks import LIFECYCLE, OUR_KEYS, lasting
from provisioner.core.plan.call import Call, Phase, Step, attempt_key
from provisioner.core.plan.plan import Plan
from provisioner.engine.apply.failure import (
    ATTEMPTS,
    MARGIN,
    PAUSES,
    SERVER_ERRORS,
    is_of_the_past,
    is_open,
    is_refusal_kept,
)
from provisioner.engine.apply.top_up import fund
from provisioner.engine.ports import Answer, Writer

ENDED = "canceled"
LAG = 3600  # seconds by which what a list shows may be older than what it does not show yet [?]
SETTINGS = 3  # how often a value is set when Stripe keeps a failure for the key


def write(writer: Writer, plan: Plan, step: Step, call: Call) -> Answer:
    """
    Make a call of a plan and check what Stripe answers.

    Raises UnfulfilledError where Stripe has not done what it was asked, StripeError, AccessError, or
    StaleError when another run has taken the same step differently.
    """
    if step.phase is Phase.MONEY:
        return fund(writer, plan, step, call)
    if call.verb == "create":
        return _create(writer, plan, step, call)
    if step.ended and not _ended(writer, call, step.ended):
        raise UnfulfilledError(
            f"{step.ended} can still act, although Stripe accepted its cancellation; its successor is not "
            "activated before it has ended"
        )
    answer = _set(writer, plan, step, call)
    if step.ends and not _ended(writer, call, step.ends):
        _set(writer, plan, step, Call(call.service, "update", step.ends, {"status": ENDED}))
    return answer


def _create(writer: Writer, plan: Plan, step: Step, call: Call) -> Answer:
    """
    Create an object at most once.

    Stripe replays a key's first answer for 24 hours, failures included, and a 500 may come from before
    or after the object was made. So neither says anything about now: the address is looked up, and only
    where surely nothing was made is the next attempt's key used, which every run derives alike.
    """
    if call.key is None:
        raise ValueError(f"{step.address}: a creation without a key")
    for attempt in range(ATTEMPTS):
        failure: StripeError | None = None
        try:
            answer = writer.perform(replace(call, key=attempt_key(call.key, attempt)))
        except StripeError as error:
            if not is_open(error):
                raise
            failure, found = error, _look_up(writer, plan, call)
            if found is None and is_of_the_past(error) and not is_refusal_kept(error):
                found = _look_again(writer, plan, step, call)
        else:
            if not answer.replayed:
                return _fulfilled(step, _checked(answer, call), call.params)
            replayed = writer.retrieve(f"{_resource(call)}/{_checked(answer, call).object['id']}")
            found = replayed if _is_at_its_place(replayed, call) else None
        if found is not None:
            return _made_before(step, found, call, failure.request_id if failure else "")
        if failure and not is_of_the_past(failure):
            raise failure
    raise StripeError(f"Stripe has kept a failure for each of {ATTEMPTS} keys; try again in 24 hours")


def _made_before(step: Step, found: Mapping[str, Any], call: Call, request_id: str) -> Answer:
    """
    What another request has created at this place, where it is just what this one would have.

    The run that has made it may have come further by now, and have activated it.
    """
    if found.get("status") == ENDED:
        raise StaleError(f"another run has created {found.get('id')}, which has ended since; plan again")
    if _marks(found) != _wanted(call):
        raise StaleError(f"another run has just created {found.get('id')} differently; plan again")
    asked = {name: value for name, value in call.params.items() if (name, value) != ("status", "inactive")}
    asked["metadata"] = {key: text for key, text in asked["metadata"].items() if key != LIFECYCLE}
    return _fulfilled(step, _checked(Answer(found, request_id, replayed=True), call), asked)


def _look_up(writer: Writer, plan: Plan, call: Call) -> Mapping[str, Any] | None:
    """The object at the address of a creation; it is not in the plan, so it is no older than that."""
    since = plan.newest.get(_resource(call), 0) - MARGIN
    items = writer.list(_resource(call), {"created": {"gte": since}} if since > 0 else {})
    return next((item for item in items if _is_at_its_place(item, call)), None)


def _look_again(writer: Writer, plan: Plan, step: Step, call: Call) -> Mapping[str, Any] | None:
    """
    What was made under a key whose answer does not tell; None where surely nothing was.

    Lists may lag behind writes of other runs, so the looks go on for some time, and the events are asked
    too. Raises StripeError where it stays in doubt: a second object would be worse than none.
    """
    in_doubt = f"it is not known whether another run has created {step.address}; no second one is made"
    tells = bool(call.event)
    for pause in (0.0, *PAUSES):
        if pause and not writer.wait(pause):
            raise StripeError(f"interrupted: {in_doubt}. Run it again")
        found = _look_up(writer, plan, call) if pause else None
        if found is None and tells:
            try:
                found = _told_by_events(writer, plan, call)
            except AccessError:
                tells = False
        if found is not None:
            return found
    if not tells:
        raise StripeError(
            f"{in_doubt}. The key may not read events, which would tell: run it again in a few minutes, or "
            "with a key that may"
        )
    return None


def _told_by_events(writer: Writer, plan: Plan, call: Call) -> Mapping[str, Any] | None:
    """The object at the address of a creation that an event tells of, as it is now. Raises AccessError."""
    since = plan.newest.get(_resource(call), 0) - LAG
    params: dict[str, Any] = {"types": [call.event]}
    for event in writer.list("events", params | ({"created": {"gte": since}} if since > 0 else {})):
        shown = (event.get("data") or {}).get("object") or {}
        if _is_at_its_place(shown, call):
            found = writer.retrieve(f"{_resource(call)}/{shown.get('id')}")
            if _is_at_its_place(found, call):
                return found
    return None


def _is_at_its_place(item: Mapping[str, Any], call: Call) -> bool:
    """Whether an object is at the address and of the generation of a creation."""
    return _marks(item)[:3] == _wanted(call)[:3]


def _marks(item: Mapping[str, Any]) -> tuple[str, ...]:
    """All that two runs write alike on an object; the first three are project, address and generation."""
    metadata = item.get("metadata") or {}
    told = {**metadata, LIFECYCLE: lasting(metadata.get(LIFECYCLE, ""))}
    return tuple(told.get(key, "") for key in OUR_KEYS)


def _wanted(call: Call) -> tuple[str, ...]:
    return _marks(call.params)


def _resource(call: Call) -> str:
    return call.service.replace(".", "/")


def _set(writer: Writer, plan: Plan, step: Step, call: Call) -> Answer:
    """
    Set values, under a key that nobody else has: a replay must never stand in for a write.

    Where Stripe keeps a failure for that key, it is not known whether the values are set, so they are
    set again under another one.
    """
    for left in reversed(range(SETTINGS)):
        try:
            answer = writer.perform(replace(call, key=f"provisioner-{uuid.uuid4()}"))
        except StripeError as error:
            if left and error.replayed and error.status >= SERVER_ERRORS:
                continue
            if call.params.get("status") == ENDED and (found := _ended(writer, call, str(call.id))):
                return Answer(found, error.request_id)
            raise
        if answer.object.get("id") != call.id:
            raise UnfulfilledError(f"Stripe's answer to an update of {call.id} is not about it")
        if _marks(answer.object)[0] != plan.project:
            raise UnfulfilledError(f"{call.id} does not carry this project's ownership metadata any more")
        return _fulfilled(step, answer, call.params)
    raise AssertionError("unreachable")


def _ended(writer: Writer, call: Call, identity: str) -> Mapping[str, Any] | None:
    """An object where it has ended: by another run, or by Stripe itself."""
    found = writer.retrieve(f"{_resource(call)}/{identity}")
    return found if found.get("status") == ENDED else None


def _checked(answer: Answer, call: Call) -> Answer:
    identity = answer.object.get("id")
    if not isinstance(identity, str) or not identity:
        raise UnfulfilledError("Stripe's answer to a creation is not the object that was asked for")
    if _marks(answer.object)[:3] != _wanted(call)[:3]:
        raise UnfulfilledError(
            f"Stripe created {identity} without the ownership metadata that was asked for. It may be able to "
            "spend, and the next run creates another one: see to it in the Dashboard first",
            request_id=answer.request_id,
        )
    return answer


def _fulfilled(step: Step, answer: Answer, asked: Mapping[str, Any]) -> Answer:
    """The answer, where it says that all was done; Stripe's 200 alone does not."""
    if found := [*unfulfilled(step.fields, asked, answer.object)]:
        raise UnfulfilledError(says_unfulfilled(found), request_id=answer.request_id)
    return answer
