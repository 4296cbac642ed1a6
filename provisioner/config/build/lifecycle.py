"""Reads the `lifecycle` block of a resource, and checks what the schema cannot express."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from provisioner.config.build.settings import SHOWN_SAYS
from provisioner.config.text.near import near
from provisioner.config.text.scalar import from_outside, shown
from provisioner.core.model.resource import DEACTIVATE, Lifecycle, Reissue
from provisioner.core.schema.field import Field, Shape
from provisioner.core.schema.kind import FieldFault, Kind

PLAIN = Lifecycle()  # shared by all resources without a lifecycle block


def lifecycle(raw: Mapping[str, Any]) -> Lifecycle:
    """Convert a valid block to a Lifecycle."""
    if not raw:
        return PLAIN
    reissue = raw.get("reissue")
    return Lifecycle(
        protect=raw.get("protect", False),
        on_remove=str(raw.get("on_remove", DEACTIVATE)),
        previously=tuple(str(name) for name in raw.get("previously", ())),
        ignore=frozenset(str(path) for path in raw.get("ignore", ())),
        reissue=Reissue(int(reissue["number"]), str(reissue["reason"])) if reissue else None,
    )


def lifecycle_faults(
    kind: Kind, raw: Mapping[str, Any], fields: Mapping[str, Any], declared: Collection[str]
) -> Iterator[FieldFault]:
    """Return faults for invalid earlier names, ignored fields that do not exist, and impossible reissues."""
    if "reissue" in raw and kind.replacement:
        text = kind.replacement.replacement_error(fields, str(raw["reissue"]["reason"]))
        if text:
            yield FieldFault(("lifecycle", "reissue", "reason"), f"'reissue': {text}")
    yield from _shown_names(raw)
    for at, name in enumerate(raw.get("previously", ())):
        if name in declared:
            text = (
                f"'previously': {shown(name)} is still in the configuration; remove that block, or this entry"
            )
            yield FieldFault(("lifecycle", "previously", at), text)
        elif name.startswith(f"{kind.section}."):
            # With the section, the name would match nothing, and the object of the old name would be retired.
            text = f"'previously': write only the name, {shown(name.partition('.')[2])}"
            yield FieldFault(("lifecycle", "previously", at), text)
    for at, path in enumerate(raw.get("ignore", ())):
        known = _siblings(kind.fields, path.split("."))
        if known is not None:
            text = f"'ignore': a {kind.name} has no field {shown(path)}{near(path.rpartition('.')[2], known)}"
            yield FieldFault(("lifecycle", "ignore", at), text)
        elif any(field.name == path and field.refers_to and field.required for field in kind.fields):
            text = f"'ignore': {shown(path)} cannot be ignored; a card always has its cardholder"
            yield FieldFault(("lifecycle", "ignore", at), text)


def _shown_names(raw: Mapping[str, Any]) -> Iterator[FieldFault]:
    for key in ("previously", "ignore"):
        for at, name in enumerate(raw.get(key, ())):
            if from_outside(name):
                yield FieldFault(("lifecycle", key, at), f"{key!r} {SHOWN_SAYS}")


def _siblings(fields: tuple[Field, ...], path: list[str]) -> list[str] | None:
    """Return None if the path leads to a field, else the valid names where it goes wrong."""
    for name in path:
        here = {sub.name: () if sub.shape is Shape.TABLE else sub.fields for sub in fields}
        if name not in here:
            return list(here)
        fields = here[name]
    return None
