"""What is kept of a live object: its fields in normal form, whose it is, what Stripe says, and nothing empty.

A page holds several times as much (every card brings its whole cardholder along), and a large account
has thousands of pages. What is as declared is kept once: live and declared share the value, which makes
the comparison that follows one of identity.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

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
    """What makes `Observed` of this kind's objects as Stripe answers them."""
    read, observe = reader(kind.fields), kind.observe

    def observed(item: Item) -> Observed:
        fields = read(item)
        metadata = fields.get("metadata", {})
        if ownership := read_stamp(metadata, declared):
            fields["metadata"] = {name: metadata[name] for name in metadata if name not in OUR_KEYS}
            if not fields["metadata"]:
                del fields["metadata"]
            known = declared.get(ownership.address)
            for name, value in known.fields.items() if known else ():
                if fields.get(name) == value:
                    fields[name] = value
        return Observed(item["id"], item.get("created", 0), fields, ownership, observe(item))

    return observed


def wanted(kind: Kind) -> Wanted | None:
    """What is read of an object of this kind; None where it is all."""
    if not kind.is_owned:
        return None
    names = {"id", "created", *(field.name for field in kind.answered)}
    names.update(field.name for field in kind.fields if not field.write_only)
    references = {field.name for field in kind.fields if field.shape is Shape.REF}
    return Wanted(frozenset(names - references), frozenset(references))
