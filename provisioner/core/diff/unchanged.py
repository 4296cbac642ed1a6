"""Recognizes an object that is as its declaration says, so that a plan has nothing to do or say about it."""

from provisioner.core.diff.baseline import Records
from provisioner.core.diff.compare import compare, lifecycle_edits
from provisioner.core.model.resource import Declared, Live, Ownership, Ref
from provisioner.core.model.snapshot import Observed
from provisioner.core.ownership.inventory import live_of
from provisioner.core.schema.kind import Kind


def unchanged(records: Records, declared: Declared, observed: Observed, stamp: Ownership) -> Live | None:
    """
    Return an object of ours as a comparison sees it, if that would find nothing to do or say; else None.

    The ids of its references are taken for the declared ones, as other objects may not have been read yet:
    whoever uses the result checks that they are.
    """
    live = as_recorded(records.kind, declared, observed, stamp)
    if live is None or any(compare(records.kind, declared, live)) or records.to_mark(declared, live):
        return None
    return live


def as_recorded(kind: Kind, declared: Declared, observed: Observed, stamp: Ownership) -> Live | None:
    """Return the same, without comparing the values of fields: only all else that a plan could be about."""
    own, fields = declared.lifecycle, observed.fields
    is_due = own.ignore or own.reissue or (stamp.secret and declared.secret_to)
    if is_due or stamp.unreadable or stamp.address.section != kind.section:
        return None
    refs = {name: value for name, value in declared.fields.items() if type(value) is Ref and name in fields}
    live = live_of(kind, observed, stamp, {**fields, **refs} if refs else fields, matches=declared)
    return None if live.remark or live.outstanding or any(lifecycle_edits(declared, live)) else live
