"""Finds the object that is now at an address, from lists and events together."""

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.model.errors import AccessError, StaleError, StripeError
from provisioner.core.ownership.marks import LIFECYCLE, OUR_KEYS, lasting
from provisioner.core.plan.call import Call, Step
from provisioner.core.plan.plan import Plan
from provisioner.engine.apply.failure import MARGIN, PAUSES
from provisioner.engine.ports import Writer

LAG = 3600  # seconds by which a list may show old values of some objects while it misses others [?]

Json = Mapping[str, Any]


def look_up(writer: Writer, plan: Plan, call: Call) -> Json | None:
    """
    Return the object at a creation's address. It is not in the plan, so it is as new as the plan or
    newer.
    """
    return next((item for item in _listed(writer, plan, call) if is_at_its_place(item, call)), None)


def look_again(writer: Writer, plan: Plan, step: Step, call: Call) -> Json | None:
    """
    Return the object created under a key if the response does not contain it; None if certainly none was.

    Lists may lag behind the writes of other runs, so the search is repeated for some time, and events are
    read, too, if Stripe has any for the kind. Raises StripeError if it remains in doubt: a second object
    would be worse than none.
    """
    in_doubt = f"another run may have created {step.address} already, so it was not created again"
    tells = bool(call.event)
    for pause in (0.0, *PAUSES):
        if pause and not writer.wait(pause):
            raise StripeError(f"interrupted: {in_doubt}. Run it again")
        found = look_up(writer, plan, call) if pause else None
        if found is None and tells:
            try:
                found = _told_by_events(writer, plan, call)
            except AccessError:
                tells = False
        if found is not None:
            return found
    if call.event and not tells:
        raise StripeError(
            f"{in_doubt}. The key cannot read events, which would show it: run it again in a few minutes, or "
            "with a key that can"
        )
    return None


def refuse_taken(writer: Writer, plan: Plan, step: Step, call: Call) -> None:
    """
    Check that no object is at the step's address except those that the plan has seen there.

    Another run may have put one there by a rename, or as a later successor, and the lists from which the plan
    was made may lag behind that. Events may show it before the list does. If something has happened at the
    address recently, the search continues for some time. With a key that may not read events, only the list
    is checked. Raises StaleError if there is such an object.
    """
    known = {i for kind in plan.surveyed.estates.values() for i in kind.past.get(step.address, ())}

    def is_there(item: Json) -> bool:
        return marks_of(item)[:2] == (plan.project, str(step.address))

    for pause in (0.0, *PAUSES):
        if pause and not writer.wait(pause):
            raise StripeError(f"interrupted while checking for other objects at {step.address}. Run it again")
        lately = [item for item in _of_late(writer, step) if is_there(item)]
        new = {str(item.get("id")) for item in lately} - known
        found = [*_listed(writer, plan, call), *(writer.retrieve(f"{resource_of(call)}/{i}") for i in new)]
        for item in filter(is_there, found):
            # its idempotency key identifies it
            twin = call.verb == "create" and marks_of(item) == wanted_marks(call)
            if item.get("id") not in known and not twin:
                raise StaleError(
                    f"{item.get('id')} now has the address {step.address}, and Stripe's lists did not show "
                    "it when this was planned; run it again in a few minutes"
                )
        if not lately:
            return


def _of_late(writer: Writer, step: Step) -> Iterator[Json]:
    """Yield the objects of a kind that recent events show; none if the key may not read events."""
    newest = 0
    try:
        for event in writer.list("events", {"types": step.events}) if step.events else ():
            newest = newest or event["created"]
            if event["created"] < newest - LAG:
                break
            yield (event.get("data") or {}).get("object") or {}
    except AccessError:
        return


def _listed(writer: Writer, plan: Plan, call: Call) -> Iterator[Json]:
    """Yield the objects of a kind that are as new as the newest one in the plan, or newer."""
    since = plan.newest.get(resource_of(call), 0) - MARGIN
    return writer.list(resource_of(call), {"created": {"gte": since}} if since > 0 else {})


def _told_by_events(writer: Writer, plan: Plan, call: Call) -> Json | None:
    """Return the current object at a creation's address, found through events. Raises AccessError."""
    since = plan.newest.get(resource_of(call), 0) - LAG
    params: dict[str, Any] = {"types": [call.event]}
    for event in writer.list("events", params | ({"created": {"gte": since}} if since > 0 else {})):
        shown = (event.get("data") or {}).get("object") or {}
        if is_at_its_place(shown, call):
            found = writer.retrieve(f"{resource_of(call)}/{shown.get('id')}")
            if is_at_its_place(found, call):
                return found
    return None


def is_at_its_place(item: Json, call: Call) -> bool:
    """Return whether an object has the same address and generation as a creation."""
    return marks_of(item)[:3] == wanted_marks(call)[:3]


def marks_of(item: Json) -> tuple[str, ...]:
    """
    Return the values that two runs write identically; the first three are project, address and
    generation.
    """
    metadata = item.get("metadata") or {}
    told = {**metadata, LIFECYCLE: lasting(metadata.get(LIFECYCLE, ""))}
    return tuple(told.get(key, "") for key in OUR_KEYS)


def wanted_marks(call: Call) -> tuple[str, ...]:
    """Return the ownership metadata that a creation requests."""
    return marks_of(call.params)


def resource_of(call: Call) -> str:
    """Return the resource that lists the objects of a call's service."""
    return call.service.replace(".", "/")
