"""The details of a replacement or retirement: the values that a reviewer needs, and other effects."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from provisioner.core.diff.change import Action, Change
from provisioner.core.diff.hidden import hidden, mask
from provisioner.core.model.resource import Address, references
from provisioner.core.ownership.reissue import reissued_for
from provisioner.core.plan.document import ValueDocument
from provisioner.core.schema.kind import Fate, Kind
from provisioner.core.schema.normal_form import at

ENDS = (Action.REPLACE, Action.RETIRE)


def values(kind: Kind, change: Change) -> Iterator[ValueDocument]:
    """
    Yield the values of a replaced or retired object that a plan always shows, before and after.

    Values that an edit shows are omitted.
    """
    live, declared = change.live, change.declared
    if change.action not in ENDS or live is None:
        return
    shown = {edit.path.partition("[")[0] for edit in change.edits}
    for path in kind.outline:
        field = kind.field_at(path)
        if field is None or path in shown:
            continue
        before = at(live.fields, path)
        if change.action is Action.RETIRE:
            params = kind.retirement.params(cancel=bool(change.params.get("cancel")))
            after = params.get(path, before)
        else:
            after = at(declared.fields, path) if declared else None
            after = field.default if after is None else after
            if after is None and before is not None and kind.spending:
                after = next(iter(field.server_defaults), None)  # Stripe adds this value to a new object
        hide = hidden(field, path, declared.sensitive if declared else frozenset())
        fields = declared.fields if declared else live.fields
        yield ValueDocument(
            path=path,
            before=mask(before, hide),
            after=mask(after, hide),
            currency=(kind.currency(change.address, fields) or "") if field.has_amounts else "",
        )


def consequences(kind: Kind, change: Change, *, is_declared: bool) -> tuple[str, ...]:
    """
    Return the other effects of creating or ending an object, in words.

    If a leftover of an interrupted replacement ends, there are none, because another object has its address;
    `is_declared` is true then.
    """
    fate = _fate(kind, change)
    sides = [side for side in (change.declared, change.live) if side]
    if fate is None or not sides or (change.action is Action.RETIRE and is_declared):
        return ()
    return tuple(kind.consequences(fate, sides[0].fields))


def _fate(kind: Kind, change: Change) -> Fate | None:
    match change.action:
        case Action.RETIRE:
            return Fate.CANCELED if change.params.get("cancel") else Fate.DEACTIVATED
        case Action.CREATE:
            return Fate.RECREATED if change.follows else Fate.CREATED
        case Action.REPLACE if change.declared and change.live:
            if kind.ends_first(reissued_for(change.declared, change.live)):
                return Fate.ENDED_FIRST
            names_it = kind.replacement is not None and kind.replacement.ends_after(change.params)
            return Fate.RENEWED if names_it else Fate.REPLACED
    return None


def companions(changes: Sequence[Change]) -> Mapping[tuple[Address, Action], list[str]]:
    """Return the addresses that are replaced or retired together with the object that they refer to."""
    ended = {(change.address, change.action) for change in changes if change.action in ENDS}
    found: dict[tuple[Address, Action], list[str]] = defaultdict(list)
    for change in changes if ended else ():
        side = change.declared if change.action is Action.REPLACE else change.live
        if side and change.action in ENDS:
            for address in references(side.fields):
                if (address, change.action) in ended:
                    found[address, change.action].append(str(change.address))
    return found
