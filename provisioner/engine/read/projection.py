"""
Reduces a Stripe object to its fields in normal form, its owner and Stripe's facts, without empty values.

A page contains several times as much data (every card includes its whole cardholder), and a large account has
thousands of pages. If a live value equals the configured one, both share one object, so that the comparison
can test identity. Each object is also compared here, while other pages are still being read, so that only the
changed ones are left after the last page.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from provisioner.core.diff.baseline import Records
from provisioner.core.diff.unchanged import unchanged
from provisioner.core.model.resource import Address, Declared
from provisioner.core.model.snapshot import Observed
from provisioner.core.ownership.marks import OUR_KEYS, read_stamp
from provisioner.core.schema.field import Shape
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import reader
from provisioner.engine.ports import Wanted

Item = Mapping[str, Any]
NOTHING: Mapping[Address, Declared] = MappingProxyType({})


def observer(kind: Kind, declared: Mapping[Address, Declared] = NOTHING) -> Callable[[Item], Observed]:
    """Return a function that converts Stripe's objects of this kind to `Observed`."""
    read, observe = reader(kind.fields), kind.observe
    records: dict[str, Records] = {}

    def observed(item: Item) -> Observed:
        fields = read(item)
        metadata = fields.get("metadata", {})
        if ownership := read_stamp(metadata, declared):
            fields["metadata"] = {name: metadata[name] for name in metadata if name not in OUR_KEYS}
            if not fields["metadata"]:
                del fields["metadata"]
        known = declared.get(ownership.address) if ownership else None
        for name, value in known.fields.items() if known else ():
            if fields.get(name) == value:
                fields[name] = value
        found = Observed(item["id"], item.get("created", 0), fields, ownership, observe(item))
        if known is None or ownership is None:
            return found
        if ownership.project not in records:
            records[ownership.project] = Records(kind, ownership.project)
        live = unchanged(records[ownership.project], known, found, ownership)
        return replace(found, unchanged=live) if live else found

    return observed


def wanted(kind: Kind) -> Wanted | None:
    """Return the fields to read from an object of this kind; None for all of them."""
    if not kind.is_owned:
        return None
    names = {"id", "created", *(field.name for field in kind.answered)}
    names.update(field.name for field in kind.fields if not field.write_only)
    references = {field.name for field in kind.fields if field.shape is Shape.REF}
    return Wanted(frozenset(names - references), frozenset(references))
