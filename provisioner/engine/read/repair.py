"""Lists that were read while somebody wrote: what one refers to may be missing in another.

Without it a card issued meanwhile would seem to be a stranger's, and be replaced for nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from provisioner.core.schema.field import Shape
from provisioner.core.schema.kind import Kind
from provisioner.engine.ports import Reader

Item = Mapping[str, Any]
Objects = Mapping[str, Sequence[Item]]
MARGIN = 60  # seconds; Stripe counts whole ones


def mended(
    reader: Reader, kinds: Sequence[Kind], objects: Objects, keep: Callable[[Kind], Callable[[Item], Item]]
) -> Objects:
    """
    The objects, with what is new at the head of each list that lacks something referred to.

    Nothing is ever deleted in Stripe Issuing, so what is missing was made since. Raises StripeError or
    AccessError.
    """
    by_section = {kind.section: kind for kind in kinds}
    for section in _lacking(kinds, objects):
        kind = by_section[section]
        listed = objects.get(kind.resource, ())
        known = {item["id"] for item in listed}
        since = max((int(item.get("created", 0)) for item in listed[:1]), default=0) - MARGIN
        items = reader.list(kind.resource, {"created": {"gte": since}} if since > 0 else {})
        newer = [keep(kind)(item) for item in items if item.get("id") not in known]
        objects = {**objects, kind.resource: [*newer, *listed]}
    return objects


def _lacking(kinds: Sequence[Kind], objects: Objects) -> Iterator[str]:
    """The sections whose lists lack an object that another one refers to."""
    resources = {kind.section: kind.resource for kind in kinds}
    for kind in kinds:
        for field in kind.fields:
            if field.shape is not Shape.REF or kind.resource not in objects:
                continue
            listed = {item["id"] for item in objects.get(resources[field.refers_to], ())}
            values = [item.get(field.name) for item in objects[kind.resource]]
            identities = [value.get("id") if type(value) is dict else value for value in values]
            if {each for each in identities if each and type(each) is str} - listed:
                yield field.refers_to
