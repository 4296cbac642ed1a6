"""Converts changes to calls, in an order that is safe wherever an apply stops."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from provisioner.core.diff.change import OUR_OWN, Action, Change, Edit
from provisioner.core.model.resource import Address, Live, Ref, references
from provisioner.core.ownership.inventory import is_retired
from provisioner.core.ownership.marks import ADDRESS
from provisioner.core.ownership.reissue import reissued_for
from provisioner.core.plan.call import Call, Handover, Phase, Step, creation_key, funding_key
from provisioner.core.plan.params import (
    activation_params,
    adoption_params,
    creation_params,
    retirement,
    update_params,
)
from provisioner.core.schema.field import Direction, Field
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import put

NEW = (Action.CREATE, Action.REPLACE)


class Owner(NamedTuple):
    """The project that owns the objects to be written."""

    project: str
    """The name of the project."""
    salt: str = ""
    """The project's secret for the digests in their ownership metadata."""


def order_steps(kinds: Iterable[Kind], owner: Owner, changes: Iterable[Change]) -> tuple[Step, ...]:
    """Convert every change to steps and put them in order: by phase, then cardholders before cards."""
    by_name = {kind.name: kind for kind in kinds}
    hiding = {kind.name: hiding_fields(kind.fields) for kind in by_name.values()}
    changes = tuple(changes)
    needed = {a for c in changes if c.action in NEW and c.declared for a in references(c.declared.fields)}
    # until a successor's secret is handed over, users have only the leftover's secret
    renewed = (c for c in changes if c.action is Action.REPLACE and by_name[c.kind].secret)
    needed |= {c.address for c in (*renewed, *(c for c in changes if c.hands_over))}
    steps: list[tuple[Phase, int, Step]] = []
    for change in changes:
        kind = by_name[change.kind]
        private = holds_hidden(hiding[kind.name], change)
        for each in _SPELL[change.action](kind, owner, change):
            call = replace(each.call, private=private)
            step = replace(each, fields=(*kind.fields, *kind.unreturned), events=kind.events, call=call)
            if change.action is Action.RETIRE and change.address in needed:
                step = replace(step, phase=Phase.FINISH)  # a leftover on which something else depends
            # objects end in reverse order: cards before their cardholder
            down = step.phase in (Phase.TIGHTEN, Phase.FINISH)
            steps.append((step.phase, -kind.rank if down else kind.rank, step))
    ordered = [step for _, _, step in sorted(steps, key=lambda entry: (*entry[:2], entry[2].address))]
    created: dict[Address, set[Address]] = defaultdict(set)  # what is created, by all that it refers to
    for step in ordered:
        for address in step.needs if step.phase is Phase.CREATE else ():
            created[address].add(step.address)
    for place, step in enumerate(ordered):
        # a replaced object ends after everything that referred to it has moved
        if step.phase is Phase.FINISH:
            ordered[place] = replace(step, needs=step.needs | created.get(step.address, set()))
    giving = [step for step in ordered if step.direction is Direction.BROADENING]
    given, needed = {step.address for step in giving}, {address for step in giving for address in step.needs}
    return tuple(
        replace(step, relied_on=True)
        if step.direction is Direction.TIGHTENING and (step.address in needed or step.needs & given)
        else step
        for step in ordered
    )


def _step(phase: Phase, change: Change, does: str, call: Call, direction: Direction) -> Step:
    fields = change.declared.fields if change.declared else change.live.fields if change.live else {}
    return Step(phase, change.address, does, call, references(fields), direction)


def _create(kind: Kind, owner: Owner, change: Change) -> Iterator[Step]:
    yield _creation(kind, owner, change, inactive=False)
    declared = change.declared.fields if change.declared else {}
    if later := kind.deferred_fields(declared):
        # as safe as a virtual card, which is created active in this phase: what tightens has been done
        yield replace(_activation(kind, owner, change, later), phase=Phase.CREATE)


def _activation(kind: Kind, owner: Owner, change: Change, sent: Mapping[str, Any]) -> Step:
    params = activation_params(kind, owner.project, change, sent, salt=owner.salt)
    call = Call(kind.service, "update", Ref(change.address), params)
    if kind.spending is None:
        return _step(Phase.ACTIVATE, change, "update", call, Direction.NEUTRAL)
    return _step(Phase.ACTIVATE, change, "activate", call, Direction.BROADENING)


def _creation(kind: Kind, owner: Owner, change: Change, *, inactive: bool) -> Step:
    params = creation_params(kind, owner.project, change, inactive=inactive, salt=owner.salt)
    key = creation_key(owner.project, change.address, change.generation, change.follows)
    gives = kind.spending is not None and params.get("status") == "active"
    direction = Direction.BROADENING if gives else Direction.NEUTRAL
    call = Call(kind.service, "create", None, params, key, event=kind.created_event)
    # all creations that follow the same live object have the same key
    claims = bool(change.follows) and change.live is None
    step = _step(Phase.CREATE, change, "create", call, direction)
    return replace(step, claims=claims, handover=_handover(kind, change))


def _handover(kind: Kind, change: Change) -> Handover | None:
    """Return the destination of the secret of a new object; None if it has no secret or no destination."""
    declared = change.declared
    if not kind.secret or declared is None or declared.secret_to is None:
        return None
    beside = declared.where.file if declared.where else ""
    return Handover(kind.secret, declared.secret_to, change.address, beside)


def _hand_over(kind: Kind, owner: Owner, change: Change, live: Live) -> Step:
    """
    Return the step that requests the creation of an object again, because the response contains its
    secret.
    """
    stamp = live.stamp
    first = replace(change, live=None, generation=stamp.generation, follows=stamp.predecessor)
    step = _creation(kind, Owner(owner.project, stamp.salt), first, inactive=False)
    handover = _handover(kind, change)
    if handover:
        handover = replace(handover, of=live.id)
    return replace(step, does="hand over", claims=False, handover=handover)


def _update(kind: Kind, owner: Owner, change: Change) -> Iterator[Step]:
    """
    Yield one call, or two if the update raises spending and does something else, too.

    The other part is then the first of two calls. For a card, it contains only what lowers spending. For a
    cardholder, it contains everything that does not raise spending, and comes before the creation of its
    cards: Stripe does not activate a card whose cardholder lacks required details.
    """
    if change.hands_over and change.live:
        yield _hand_over(kind, owner, change, change.live)
        return
    widens = kind.spending is None
    rest = Phase.PREPARE if widens and not change.bookkeeping else Phase.UPDATE
    phase = Phase.TIGHTEN if change.direction is Direction.TIGHTENING else rest
    if change.direction is Direction.BROADENING:
        if half := first_half(kind, change):
            ahead = Phase.TIGHTEN if half.direction is Direction.TIGHTENING else rest
            does = "tighten" if ahead is Phase.TIGHTEN else "update"
            call = Call(kind.service, "update", half.id, update_params(kind, half, half=True))
            written_again = half.declared.fields if half.declared else {}
            declared, live = change.declared.fields if change.declared else {}, change.live
            seen = {
                name: live.fields.get(name)
                for name, value in written_again.items()
                if live and value is not declared.get(name)
            }
            yield replace(_step(ahead, change, does, call, half.direction), seen=seen)
        on = any(e.path == "status" and e.direction is Direction.BROADENING for e in change.edits)
        phase = Phase.WIDEN if widens else Phase.ACTIVATE if on else Phase.UPDATE
    does = change.bookkeeping or "update"
    call = Call(kind.service, "update", change.id, update_params(kind, change, salt=owner.salt))
    moves = any(edit.path == "address" for edit in change.edits)
    yield replace(_step(phase, change, does, call, change.direction), claims=moves)


def _adopt(kind: Kind, owner: Owner, change: Change) -> Iterator[Step]:
    call = Call(kind.service, "update", change.id, adoption_params(kind, change, salt=owner.salt))
    yield _step(Phase.UPDATE, change, "adopt", call, Direction.NEUTRAL)


def first_half(kind: Kind, change: Change) -> Change | None:
    """
    Return as a separate change the part of an update that is made first; None if there is no such part.

    This part never raises spending. A hash that is owned as a whole keeps its live values where the new ones
    would raise spending. A cardholder's controls are set to what both sides allow, so a card that is
    activated in between cannot bypass either side. There is no such part if nothing can be separated, or if
    Stripe would not accept the intermediate state (an allow-list next to a block-list).
    """
    if not change.declared or not change.live:
        return None
    all_but_broadening = kind.spending is None
    ahead = (Direction.TIGHTENING, Direction.NEUTRAL) if all_but_broadening else (Direction.TIGHTENING,)
    part: list[Edit] = []
    fields = dict(change.declared.fields)
    for edit in change.edits:
        top, _, rest = edit.path.partition(".")
        sub = rest.partition("[")[0].partition(".")[0]
        field = None if edit.path.startswith(OUR_OWN) else kind.field(top)
        had = change.live.fields.get(top) or {}
        if field and field.intersect and all_but_broadening:
            fields[top] = between = field.intersect(had, change.declared.fields.get(top) or {})
            if between.get(sub) != had.get(sub):
                part.append(replace(edit, direction=Direction.TIGHTENING))
        elif field and edit.direction in ahead:
            part.append(edit)
        elif field and field.owned_whole and edit.direction is Direction.BROADENING:
            fields[top] = put(fields.get(top, {}), sub, had.get(sub))
    if not part or any(kind.check(fields)):
        return None
    return replace(change, edits=tuple(part), declared=replace(change.declared, fields=fields))


def _replace(kind: Kind, owner: Owner, change: Change) -> Iterator[Step]:
    """
    Yield the steps of a replacement: create the new object inactive, end the old one, activate the new one.

    A lost or stolen card ends first. A damaged or expired one is ended by Stripe when its successor is
    activated (docs.stripe.com/issuing/cards/replacements), so that the number never stops working. If the
    object is renamed, too, it gets its new name before its successor is created, so that anyone who finds
    both can see that they belong together. Raises ValueError if either side is missing.
    """
    if change.live is None or change.declared is None:
        raise ValueError(f"{change.address}: a replacement needs both sides")
    why = reissued_for(change.declared, change.live)
    gone = why if kind.ends_first(why) else ""
    activates = kind.spending is not None and change.declared.fields.get("status") == "active"
    named = {ADDRESS: str(change.address)} if change.address != change.live.address else {}
    if gone:
        end = _end(kind, change, change.live, Phase.TIGHTEN, cancel=True, why=gone)
        params = end.call.params
        metadata = {"metadata": {**params.get("metadata", {}), **named}} if named else {}
        yield replace(end, call=replace(end.call, params={**params, **metadata}))
    elif named:
        call = Call(kind.service, "update", change.live.id, {"metadata": named})
        yield replace(_step(Phase.PREPARE, change, "rename", call, Direction.NEUTRAL), claims=True)
    created = _creation(kind, owner, change, inactive=kind.spending is not None)
    yield replace(created, claims=bool(gone and named))
    names_old = kind.replacement is not None and kind.replacement.predecessor in change.params
    ends_by_itself = activates and names_old
    if not gone and not ends_by_itself and not is_retired(kind, change.live):
        yield _end(kind, change, change.live, Phase.FINISH, cancel=True)
    if activates:
        activation = _activation(kind, owner, change, {"status": "active"})
        old = change.live.id
        yield replace(activation, ends=old) if ends_by_itself else replace(activation, ended=old)
    elif kind.spending is None and (later := kind.deferred_fields(change.declared.fields)):
        yield _activation(kind, owner, change, later)


def _retire(kind: Kind, _owner: Owner, change: Change) -> Iterator[Step]:
    if change.live is None:
        raise ValueError(f"{change.address}: nothing to retire")
    yield _end(kind, change, change.live, Phase.TIGHTEN, cancel=bool(change.params.get("cancel")))


def _end(kind: Kind, change: Change, live: Live, phase: Phase, *, cancel: bool, why: str = "") -> Step:
    if cancel and kind.retirement.deletes:
        return _step(phase, change, "delete", Call(kind.service, "delete", live.id, {}), Direction.TIGHTENING)
    params, status = retirement(kind, live, cancel=cancel, why=why)
    does = "cancel" if status == "canceled" else "deactivate"
    return _step(phase, change, does, Call(kind.service, "update", live.id, params), Direction.TIGHTENING)


def _top_up(kind: Kind, _owner: Owner, change: Change) -> Iterator[Step]:
    key = funding_key(change.address.name, change.follows or None)
    call = Call(kind.service, "create", None, change.params, key, event=kind.created_event)
    yield _step(Phase.MONEY, change, "top up", call, Direction.BROADENING)


_SPELL = {
    Action.CREATE: _create,
    Action.UPDATE: _update,
    Action.ADOPT: _adopt,
    Action.REPLACE: _replace,
    Action.RETIRE: _retire,
    Action.TOP_UP: _top_up,
}


def hiding_fields(fields: Iterable[Field]) -> frozenset[str]:
    """Return the names of the fields that are sensitive or contain sensitive parts."""
    return frozenset(field.name for field in fields if field.sensitive or hiding_fields(field.fields))


def holds_hidden(hiding: frozenset[str], change: Change) -> bool:
    """Return True if the object of a change has values to hide, in the configuration or in Stripe."""
    sides = [side.fields for side in (change.declared, change.live) if side]
    hides = any(name in hiding for fields in sides for name in fields)
    return hides or bool(change.declared and change.declared.sensitive)
