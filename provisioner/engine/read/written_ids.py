"""Checks ids that a plan writes and no list contains, such as the id of a card's financial account."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from provisioner.core.diff.change import Change, Note
from provisioner.core.model.errors import AccessError, StripeError
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.model.words import count
from provisioner.core.schema.kind import Kind
from provisioner.engine.ports import Reader

MOST = 20  # the most ids that are checked; a card program has few financial accounts
REFUSED = 400  # as in an account without Treasury
NOT_FOUND = 404


def missing_ids(
    reader: Reader, kinds: Sequence[Kind], snapshot: Snapshot, changes: Sequence[Change]
) -> Iterator[Note]:
    """
    Yield notes on ids in the changes that do not exist in Stripe, or that the key cannot read.

    Values that do not change are not checked. Raises StripeError if there is no usable response.
    """
    unlisted = _unlisted(kinds, snapshot, changes)
    for (resource, name, identity), addresses in [*unlisted.items()][:MOST]:
        others = len(addresses) - 1
        also = f" (also in {count(others, 'other resource')})" if others else ""
        try:
            reader.retrieve(f"{resource}/{quote(identity, safe='')}")
        except (AccessError, StripeError) as error:
            if isinstance(error, StripeError) and error.status not in (REFUSED, NOT_FOUND):
                raise
            is_missing = isinstance(error, StripeError) and error.status == NOT_FOUND
            text = f"Stripe has no {identity}{also}; the change will fail"
            if not is_missing:
                text = f"{identity}{also} was not checked: {error}"
            yield Note(addresses[0], f"{name}: {text}", pending=is_missing)
    if len(unlisted) > MOST:
        yield Note("", f"{count(len(unlisted) - MOST, 'more id')} in the changes were not checked")


def _unlisted(
    kinds: Sequence[Kind], snapshot: Snapshot, changes: Sequence[Change]
) -> Mapping[tuple[str, str, str], Sequence[str]]:
    """Return the addresses that get each id outside of the snapshot, by its resource and its field."""
    resources = {kind.section: kind.resource for kind in kinds}
    fields = {
        (kind.name, field.name): resources[field.refers_to] if field.refers_to else field.id_of
        for kind in kinds
        for field in kind.fields
        if field.refers_to or field.id_of
    }
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for change in changes:
        declared = change.declared.fields if change.declared else {}
        for edit in change.edits:
            value = declared.get(edit.path)
            if isinstance(value, str) and (resource := fields.get((change.kind, edit.path))):
                found[resource, edit.path, value].append(str(change.address))
    listed = {r: {each.id for each in snapshot.objects.get(r, ())} for r, _name, _id in found}
    return {key: addresses for key, addresses in found.items() if key[2] not in listed[key[0]]}
