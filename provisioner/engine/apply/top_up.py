"""Makes a top-up at most once after each earlier top-up, and only into the Issuing balance."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.diff.change import Action
from provisioner.core.diff.top_up import HOW_TO, look_back, read_top_up, taken
from provisioner.core.model.errors import ProvisionerError, StaleError, StripeError
from provisioner.core.model.resource import Address
from provisioner.core.model.snapshot import TopUp
from provisioner.core.plan.call import Call, Step, attempt_key
from provisioner.core.plan.plan import Plan
from provisioner.engine.apply.failure import (
    ATTEMPTS,
    DOUBTS,
    PAUSES,
    is_lasting,
    is_of_the_past,
    is_open,
    is_refusal_kept,
)
from provisioner.engine.ports import Answer, Writer

AGAIN = "nothing was sent under another key, so that no money moves twice; run it again in a few minutes"


class _Seen(Struct, frozen=True):
    """The top-ups in one currency that the plan saw."""

    project: str
    """The name of the project."""
    address: Address
    """The address of the balance target."""
    since: int
    """The time (Unix seconds) since which all of them are known."""
    recent: frozenset[str]
    """The ids of all top-ups since then."""
    newest: str | None
    """The id of the newest one made for a balance target."""


def fund(writer: Writer, plan: Plan, step: Step, call: Call) -> Answer:
    """
    Make a top-up by compare-and-set: its key contains the newest earlier top-up, so only one can follow that.

    Before each attempt, Stripe is asked for top-ups made since the plan, because a plan may be older than the
    keys that Stripe stores. If another run made the same top-up, it counts as done; any other new top-up
    makes the plan stale. A new key is used only if it is certain that nothing was made under the previous
    one. Raises StaleError, StripeError or AccessError.
    """
    if call.key is None:
        raise ValueError(f"{step.address}: a top-up without a key")
    change = next(c for c in plan.changes if c.action is Action.TOP_UP and c.address == step.address)
    since = look_back(plan.newest.get(step.call.service, 0))
    seen, doubts = _Seen(plan.project, step.address, since, change.seen, change.follows or None), 0
    for attempt in range(ATTEMPTS):
        if newer := _look(writer, call, seen).newer:
            return _followed(newer, call, seen)
        try:
            answer = writer.perform(replace(call, key=attempt_key(call.key, attempt)))
        except StripeError as error:
            if not is_open(error):
                raise _advised(error) from None
            if is_refusal_kept(error):
                continue
            doubts += error.repeated
            if newer := _settled(writer, call, seen, error, doubts):
                return _followed(newer, call, seen)
        else:
            return _confirmed(writer, call, answer)
    raise StripeError(
        f"Stripe has stored a failure for each of {ATTEMPTS} idempotency keys; try again in 24 hours"
    )


def _settled(writer: Writer, call: Call, seen: _Seen, error: StripeError, doubts: int) -> list[TopUp]:
    """
    Return the top-ups made under a key if the response does not show them, newest first; empty if certainly
    none.

    Lists may lag behind writes, so the search is repeated for some time, and events are read, too. Raises
    `error` if it describes the current state, and StripeError if it remains in doubt.
    """
    look = _look(writer, call, seen)
    if not look.newer and not is_of_the_past(error):
        raise error
    for pause in PAUSES:
        if look.newer:
            break
        if not writer.wait(pause):
            raise StripeError(f"interrupted before the outcome of this top-up was known; {AGAIN}")
        look = _look(writer, call, seen)
    if not look.newer and (look.doubt or doubts == DOUBTS):
        doubt = look.doubt or f"Stripe has stored {doubts} failures whose outcome is unknown"
        raise StripeError(f"another run may have funded this balance already ({doubt}); {AGAIN}")
    return look.newer


class _Look(Struct, frozen=True):
    """The top-ups that the plan has not seen, newest first, and whether there may be more."""

    newer: list[TopUp]
    """The top-ups."""
    doubt: str = ""
    """The reason why there may be more; empty if there are no others."""


def _look(writer: Writer, call: Call, seen: _Seen) -> _Look:
    """
    Search for top-ups made since the plan, in the list and in the events, which may lag differently.

    All top-ups for balance targets of any project count, and all other money that is pending for Issuing.
    Raises StripeError if one of this project's top-ups goes to another balance, and cancels it.
    """
    since = {"created": {"gte": seen.since}} if seen.since else {}
    listed = [t for t in writer.list(call.service, since) if t.get("currency") == seen.address.name]
    ids = {top_up.get("id") for top_up in listed}
    told = _told(writer, call, seen)
    found = [*(writer.retrieve(f"{call.service}/{i}") for i in told or () if i not in ids), *listed]
    if seen.newest and seen.newest not in ids:
        found.append(writer.retrieve(f"{call.service}/{seen.newest}"))
    newer = []
    for top_up in map(read_top_up, found):
        owner = top_up.maker(seen.address)
        if owner == seen.project:
            _hold(writer, call, top_up)
        moves = top_up.is_bound and top_up.is_moving
        if top_up.id not in seen.recent | {seen.newest} and (owner or moves):
            newer.append(top_up)
    doubt = "the key cannot read events" if told is None else ""
    return _Look(newer, doubt if seen.recent <= ids else "Stripe's list of top-ups is older than the plan")


def _told(writer: Writer, call: Call, seen: _Seen) -> list[str] | None:
    """Return the top-ups in events that the plan has not seen; None if events cannot be read."""
    params: dict[str, Any] = {"types": [call.event]}
    if seen.since:
        params["created"] = {"gte": seen.since}
    try:
        shown = [(event.get("data") or {}).get("object") or {} for event in writer.list("events", params)]
    except ProvisionerError as error:
        if not is_lasting(error):
            raise
        return None
    return [
        top_up["id"]
        for top_up in shown
        if top_up.get("currency") == seen.address.name and top_up["id"] not in seen.recent | {seen.newest}
    ]


def _advised(error: StripeError) -> StripeError:
    """Return the error, with advice if the account may not fund its Issuing balance through the API."""
    if error.code != "parameter_unknown" or "destination_balance" not in str(error):
        return error
    advised = StripeError(
        f"{error}; Stripe has not enabled top-ups of the Issuing balance for this account: fund it in the "
        "Dashboard, or ask Stripe support to enable them",
        status=error.status,
        code=error.code,
    )
    advised.request_id = error.request_id
    return advised


def _followed(newer: list[TopUp], call: Call, seen: _Seen) -> Answer:
    """Return the top-up made since the plan if it is exactly the planned one; raises StaleError otherwise."""
    (last, *others) = newer
    owner = last.maker(seen.address)
    if owner and owner != seen.project:
        raise StaleError(taken(owner, last.id, seen.address))
    if others or not owner or not _is_asked(last, call) or not last.is_moving:
        who = "another run" if owner else "somebody"
        raise StaleError(f"{who} has just funded this balance ({last.id}); plan again")
    return Answer({**call.params, "id": last.id}, replayed=True)


def _confirmed(writer: Writer, call: Call, answer: Answer) -> Answer:
    """Return Stripe's current data about a top-up to Issuing that has been accepted."""
    identity = answer.object.get("id")
    if not isinstance(identity, str) or not identity:
        raise StripeError("Stripe's response to a top-up has no id; check the Dashboard before you try again")
    raw = writer.retrieve(f"{call.service}/{identity}") if answer.replayed else answer.object
    top_up = read_top_up(raw)
    _hold(writer, call, top_up)
    if not top_up.is_moving:
        raise StaleError(f"top-up {identity} is now {top_up.status}; plan again")
    if not _is_asked(top_up, call):
        raise StripeError(f"top-up {identity} does not have the requested amount")
    return replace(answer, object=raw)


def _hold(writer: Writer, call: Call, top_up: TopUp) -> None:
    """
    Check that money goes to the Issuing balance, and cancel the top-up immediately if it does not.

    Some accounts ignore or reject `destination_balance` (it is not in Stripe's public reference).
    """
    identity = top_up.id
    bound = "another balance" if top_up.destination else "the payments balance"
    if top_up.is_lost:
        raise StripeError(f"top-up {identity} went to {bound}, not to Issuing; see {HOW_TO}")
    if top_up.is_bound or top_up.status != "pending":
        return
    try:
        writer.perform(Call(call.service, "cancel", identity, {}))
    except ProvisionerError as error:
        raise StripeError(
            f"top-up {identity} goes to {bound}, not to Issuing, and could not be canceled: {error}"
        ) from None
    raise StripeError(f"top-up {identity} was about to go to {bound}, not to Issuing; it was canceled")


def _is_asked(top_up: TopUp, call: Call) -> bool:
    return (top_up.amount, top_up.currency) == (call.params["amount"], call.params["currency"])
