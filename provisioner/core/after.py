"""What an object will be once a change is made: one truth for all that tells of it beforehand."""

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.core.change import Action, Change
from provisioner.core.kind import Field, Kind, Shape
from provisioner.core.normal import at, put


def fields_after(kind: Kind, change: Change) -> Mapping[str, Any]:
    """
    The fields of an object after a change: of a new one those declared, of another the live ones as edited.

    What is ignored, and what Stripe cannot clear, stays as it is; a map of texts (metadata) is not followed.
    """
    live = change.live.fields if change.live else {}
    if change.action is Action.RETIRE:
        return {**live, **((change.params.get("cancel") and kind.cancel) or kind.deactivate or {})}
    if change.declared is None or change.action is Action.ADOPT:
        return live
    if change.action is Action.CREATE:
        return change.declared.fields
    if change.action is Action.REPLACE:
        return _with_noise(kind.fields, change.declared.fields, live)
    fields = {field.name: field for field in kind.fields}
    for path in dict.fromkeys(edit.path.partition("[")[0] for edit in change.edits):
        field = fields.get(path.partition(".")[0])
        if field is not None and field.shape is not Shape.MAP:
            wanted = at(change.declared.fields, path)
            live = put(live, path, field.default if wanted is None else wanted)
    return live


def _with_noise(
    fields: Sequence[Field], declared: Mapping[str, Any], live: Mapping[str, Any]
) -> dict[str, Any]:
    """What is declared, and what Stripe adds by itself: it will do so for the new object as for the old."""
    out = dict(declared)
    for each in fields:
        there = live.get(each.name)
        if each.shape is Shape.HASH and there:
            out[each.name] = _with_noise(each.fields, declared.get(each.name, {}), there)
        elif there in each.noise and each.name not in declared:
            out[each.name] = there
    return out
