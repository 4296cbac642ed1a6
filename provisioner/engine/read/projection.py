"""What is kept of a live object: its fields in normal form, its marks, and nothing empty.

A page holds several times as much (every card brings its whole cardholder along), and a large account
has thousands of pages. What is as declared is kept once: live and declared share the value, which makes
the comparison that follows one of identity.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from provisioner.core.model.resource import Address, Declared
from provisioner.core.ownership.marks import ADDRESS, GENERATION, LIFECYCLE, PROJECT
from provisioner.core.schema import normal_form
from provisioner.core.schema.field import Shape
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import BESIDE
from provisioner.engine.ports import Wanted

Item = Mapping[str, Any]

ALIKE = frozenset((PROJECT, GENERATION, LIFECYCLE))  # marks that say the same on most objects
NOTHING: Mapping[Address, Declared] = MappingProxyType({})


def keeper(kind: Kind, declared: Mapping[Address, Declared] = NOTHING) -> Callable[[Item], Item]:
    """How to reduce an object of this kind; one of a kind without objects of its own stays whole."""
    if not kind.is_owned:
        return _whole
    keep = normal_form.keeper(kind.fields)
    as_declared = {
        str(address): each.fields for address, each in declared.items() if address.section == kind.section
    }
    texts: dict[str, str] = {}

    def shared(item: Item) -> Item:
        kept = keep(item)
        marks = kept.get("metadata", {})
        if kind.outstanding(item):
            kept["requirements"] = item["requirements"]
        if frozen := kind.frozen_fields(item):
            kept["frozen_fields"] = frozen
        if reason := item.get("cancellation_reason"):
            kept["cancellation_reason"] = reason  # is no field, and `core.estate` reads it
        for key in ALIKE & marks.keys():
            marks[key] = texts.setdefault(marks[key], marks[key])
        for key, value in as_declared.get(marks.get(ADDRESS, ""), {}).items():
            if kept.get(key) == value:
                kept[key] = value
        return kept

    return shared


def wanted(kind: Kind) -> Wanted | None:
    """What `keeper` reads of an object of this kind; None where it is all."""
    if not kind.is_owned:
        return None
    names = {field.name for field in kind.fields if not field.write_only}
    references = {field.name for field in kind.fields if field.shape is Shape.REF}
    return Wanted(frozenset(names - references).union(BESIDE), frozenset(references))


def _whole(item: Item) -> Item:
    return item
