"""Makes each write exactly once, whatever was tried before under the same key."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from provisioner.core.diff.fulfillment import Unfulfilled, differing, says_unfulfilled, unfulfilled
from provisioner.core.model.errors import StaleError, StripeError, UnfulfilledError
from provisioner.core.model.upload import Upload
from provisioner.core.ownership.marks import LIFECYCLE
from provisioner.core.plan.call import Call, Phase, Step
from provisioner.core.plan.plan import Plan
from provisioner.engine.apply.failure import (
    ATTEMPTS,
    DOUBTS,
    SERVER_ERRORS,
    is_of_the_past,
    is_open,
    is_refusal_kept,
)
from provisioner.engine.apply.handover import at_attempt, hand_over
from provisioner.engine.apply.look_up import (
    is_at_its_place,
    look_again,
    look_up,
    marks_of,
    refuse_taken,
    resource_of,
    wanted_marks,
)
from provisioner.engine.apply.top_up import fund
from provisioner.engine.ports import Answer, Recipient, Writer

ENDED = "canceled"
MISSING = 404
UPLOADS = 3  # attempts to upload a file if Stripe stores a failure for the key
SETTINGS = 3  # attempts to set a value if Stripe stores a failure for the key


def write(writer: Writer, plan: Plan, step: Step, call: Call, recipient: Recipient) -> Answer:
    """
    Make a call of a plan, and check Stripe's response; `recipient` hands over the secret in it, if any.

    Raises UnfulfilledError if Stripe did not do what was requested, StripeError, AccessError, and StaleError
    if another run has made the same step differently.
    """
    if step.phase is Phase.MONEY:
        return fund(writer, plan, step, call)
    if step.claims:
        refuse_taken(writer, plan, step, call)
    if step.handover:
        recipient.check(step.handover)
    files = {name: _upload(writer, value) for name, value in call.params.items() if isinstance(value, Upload)}
    call = replace(call, params={**call.params, **files}) if files else call
    if call.verb == "create":
        known = step.handover.of if step.handover else ""
        made = (
            Answer(writer.retrieve(f"{resource_of(call)}/{known}"))
            if known
            else _create(writer, plan, step, call)
        )
        return hand_over(writer, recipient, step, call, made, lambda done: _set(writer, plan, step, done))
    if call.verb == "delete":
        return _delete(writer, plan, call)
    if step.ended and not _ended(writer, call, step.ended):
        raise UnfulfilledError(
            f"{step.ended} is still not canceled, although Stripe accepted its cancellation; its replacement "
            "is not activated until it is"
        )
    if step.seen:
        _refuse_moved(writer, step, call)
    answer = _set(writer, plan, step, call)
    if step.relied_on:
        _look_once_more(writer, step, call)
    if step.ends and not _ended(writer, call, step.ends):
        _set(writer, plan, step, Call(call.service, "update", step.ends, {"status": ENDED}))
    return answer


def _upload(writer: Writer, file: Upload) -> str:
    """
    Upload a file; one with the same content gets the same id within a day.

    If Stripe stores a failure for its key, another key is used; a second copy does no harm.
    """
    key = f"provisioner-{file.purpose}-{file.digest}"
    for left in reversed(range(UPLOADS)):
        try:
            return writer.upload(file, key)
        except StripeError as error:
            if not (left and error.replayed and error.status >= SERVER_ERRORS):
                raise
            key = f"provisioner-{uuid.uuid4()}"
    raise AssertionError("unreachable")


def _create(writer: Writer, plan: Plan, step: Step, call: Call) -> Answer:
    """
    Create an object at most once.

    For 24 hours, Stripe repeats its first response to a key, including failures, and a 500 may come from
    before or after the object was created. So a repeated response says nothing about the current state: the
    object is searched at its address, and the next attempt's key, which every run derives identically, is
    used only if certainly nothing was created.
    """
    if call.key is None:
        raise ValueError(f"{step.address}: a creation without a key")
    doubts = 0
    for attempt in range(ATTEMPTS):
        failure: StripeError | None = None
        try:
            asked = at_attempt(step, call, attempt)
            answer = writer.perform(asked)
        except StripeError as error:
            if not is_open(error):
                raise
            failure, found = error, look_up(writer, plan, call)
            if found is None and is_of_the_past(error) and not is_refusal_kept(error):
                found = look_again(writer, plan, step, call)
        else:
            if not answer.replayed:
                return _fulfilled(step, _checked(answer, call), asked.params)
            # None if it was deleted since, or renamed
            found = _there(writer, call, _checked(answer, call).object["id"], at_its_place=True)
        if found is not None:
            return _made_before(step, found, call, failure.request_id if failure else "")
        if failure and not is_of_the_past(failure):
            raise failure
        doubts += failure is not None and failure.repeated and not is_refusal_kept(failure)
        _spare_keys(step, doubts)
    raise StripeError(
        f"Stripe has stored a failure for each of {ATTEMPTS} idempotency keys; try again in 24 hours"
    )


def _there(
    writer: Writer, call: Call, identity: str, *, at_its_place: bool = False
) -> Mapping[str, Any] | None:
    """Return an object of a call's kind; None if it was deleted, or is not `at_its_place`."""
    try:
        found = writer.retrieve(f"{resource_of(call)}/{identity}")
    except StripeError as error:
        if error.status == MISSING:
            return None
        raise
    return found if not at_its_place or is_at_its_place(found, call) else None


def _delete(writer: Writer, plan: Plan, call: Call) -> Answer:
    """Delete an object of this project, unless another run has done so already."""
    found = _there(writer, call, str(call.id))
    if found is None:
        return Answer({"id": call.id})
    if marks_of(found)[0] != plan.project:
        raise UnfulfilledError(f"{call.id} no longer has this project's ownership metadata")
    try:
        answer = writer.perform(call)
    except StripeError as error:
        if error.status == MISSING:
            return Answer({"id": call.id}, error.request_id)
        raise
    if answer.object.get("deleted") is not True:
        raise UnfulfilledError(f"Stripe accepted the deletion of {call.id}, but did not carry it out")
    return answer


def _spare_keys(step: Step, doubts: int) -> None:
    """Leave some keys to later runs: raises StripeError if this run has used its share while Stripe fails."""
    if doubts == DOUBTS:
        raise StripeError(
            f"Stripe failed for each of {DOUBTS} new idempotency keys, and {step.address} was not created; "
            "run it again in a few minutes"
        )


def _made_before(step: Step, found: Mapping[str, Any], call: Call, request_id: str) -> Answer:
    """
    Return an object that another request has created at this address, if it is exactly the requested one.

    The other run may have activated it already.
    """
    if found.get("status") == ENDED:
        raise StaleError(f"another run created {found.get('id')}, which is canceled by now; plan again")
    if marks_of(found) != wanted_marks(call):
        raise StaleError(f"another run has just created {found.get('id')} with other values; plan again")
    asked = {name: value for name, value in call.params.items() if (name, value) != ("status", "inactive")}
    asked["metadata"] = {key: text for key, text in asked["metadata"].items() if key != LIFECYCLE}
    return _fulfilled(step, _checked(Answer(found, request_id, replayed=True), call), asked)


def _set(writer: Writer, plan: Plan, step: Step, call: Call) -> Answer:
    """
    Set values under a key that nobody else uses, because a repeated response must not replace a write.

    If Stripe stores a failure for that key, it is unknown whether the values are set, so they are set again
    under another key.
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
            raise UnfulfilledError(
                f"Stripe's response to the update of {call.id} describes a different object"
            )
        if marks_of(answer.object)[0] != plan.project:
            raise UnfulfilledError(f"{call.id} no longer has this project's ownership metadata")
        return _fulfilled(step, answer, call.params)
    raise AssertionError("unreachable")


def _refuse_moved(writer: Writer, step: Step, call: Call) -> None:
    """
    Raise StaleError if values that a list showed, and on which a call is based, have changed since.

    Another run may have made the same call already.
    """
    found = writer.retrieve(f"{resource_of(call)}/{call.id}")
    if any(differing(step.fields, step.seen, found)) and any(_not_as_set(step, call, found)):
        raise StaleError(
            f"{step.address} differs from what Stripe's list showed; run it again in a few minutes"
        )


def _look_once_more(writer: Writer, step: Step, call: Call) -> None:
    """
    Raise UnfulfilledError if an object does not have the values just set, although Stripe's response had
    them.
    """
    found = writer.retrieve(f"{resource_of(call)}/{call.id}")
    if wrong := [*_not_as_set(step, call, found)]:
        raise UnfulfilledError(
            f"{says_unfulfilled(wrong)}. Its response said otherwise. Nothing that depends on this raises "
            "spending until it is done"
        )


def _not_as_set(step: Step, call: Call, found: Mapping[str, Any]) -> Iterator[Unfulfilled]:
    asked = {name: value for name, value in call.params.items() if name != "metadata"}
    return unfulfilled(step.fields, asked, found)


def _ended(writer: Writer, call: Call, identity: str) -> Mapping[str, Any] | None:
    """Return an object if it has been ended by another run or by Stripe itself."""
    found = writer.retrieve(f"{resource_of(call)}/{identity}")
    return found if found.get("status") == ENDED else None


def _checked(answer: Answer, call: Call) -> Answer:
    identity = answer.object.get("id")
    if not isinstance(identity, str) or not identity:
        raise UnfulfilledError("Stripe's response to a creation is not the requested object")
    if marks_of(answer.object)[:3] != wanted_marks(call)[:3]:
        raise UnfulfilledError(
            f"Stripe created {identity} without the requested ownership metadata. It may be able to spend, "
            "and the next run will create another one: check it in the Dashboard first",
            request_id=answer.request_id,
        )
    return answer


def _fulfilled(step: Step, answer: Answer, asked: Mapping[str, Any]) -> Answer:
    """Return the response if it shows that everything was done; status 200 alone does not show that."""
    if found := [*unfulfilled(step.fields, asked, answer.object)]:
        raise UnfulfilledError(says_unfulfilled(found), request_id=answer.request_id)
    return answer
