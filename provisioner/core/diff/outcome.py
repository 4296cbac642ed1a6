"""What an object will be once a change is made: one truth for all that tells of it beforehand."""

from collections.abc import Mapping
from typing import Any

from provisioner.core.diff.change import Action, Change
from provisioner.core.schema.field import Shape
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import at, put


def fields_after(kind: Kind, change: Change) -> Mapping[str, Any]:
    """
    The fields of an object after a change.

    A new one has those declared, and what Stripe adds to it; another its live ones as edited. What is
    ignored, and what Stripe cannot clear, stays as it is; a map of texts (metadata) is not followed.
    """
    live = change.live.fields if change.live else {}
    if change.action is Action.RETIRE:
        return {**live, **kind.retirement.params(cancel=bool(change.params.get("cancel")))}
    if change.declared is None or change.action is Action.ADOPT:
        return live
    if change.action in (Action.CREATE, Action.REPLACE):
        return kind.spending.as_created(change.declared.fields) if kind.spending else change.declared.fields
    fields = {field.name: field for field in kind.fields}
    for path in dict.fromkeys(edit.path.partition("[")[0] for edit in change.edits):
        field = fields.get(path.partition(".")[0])
        if field is not None and field.shape is not Shape.MAP:
            wanted = at(change.declared.fields, path)
            live = put(live, path, field.default if wanted is None else wanted)
    return live
