"""
Repairs lists that were read while somebody was writing: an object in one may refer to one missing in another.

Without this, a card issued in the meantime would seem to belong to an unknown cardholder, and would be
replaced needlessly.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from provisioner.core.model.snapshot import Observed
from provisioner.core.schema.kind import Kind
from provisioner.engine.ports import Reader

Objects = Mapping[str, Sequence[Observed]]
MARGIN = 60  # seconds, because Stripe's times are whole seconds


def mended(
    reader: Reader,
    kinds: Sequence[Kind],
    objects: Objects,
    observer: Callable[[Kind], Callable[[Mapping[str, Any]], Observed]],
) -> Objects:
    """
    Return the objects, after reading the newest ones again for each list that lacks a referenced object.

    Nothing is ever deleted in Stripe Issuing, so a missing object was created since. Raises StripeError or
    AccessError.
    """
    by_section = {kind.section: kind for kind in kinds}
    found = dict(objects)
    references = [(kind, field) for kind in kinds for field in kind.fields if field.refers_to]
    for referring, field in references:
        lacking = by_section[field.refers_to]
        listed = found.get(lacking.resource, ())
        if lacking.is_optional and not listed:
            continue  # it was not read: the project does not need it, or the key may not read it
        known: set[str | None] = {each.id for each in listed}
        if {each.fields.get(field.name) for each in found.get(referring.resource, ())} - known - {None}:
            since = listed[0].created - MARGIN if listed and lacking.lists_by_time else 0
            items = reader.list(lacking.resource, {"created": {"gte": since}} if since > 0 else {})
            newer = [observer(lacking)(item) for item in items if item.get("id") not in known]
            found[lacking.resource] = [*newer, *listed]
    return found
