"""Finds changes made outside of provisioner in Stripe's events."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from provisioner.core.estate.rows import OutsideChange
from provisioner.core.model.resource import Address
from provisioner.core.ownership.marks import PREFIX
from provisioner.core.schema.kind import Kind

OURS = "provisioner-"  # the prefix of our idempotency keys


def outside_changes(
    kinds: Iterable[Kind], events: Iterable[Mapping[str, Any]], names: Mapping[str, Address]
) -> Iterator[OutsideChange]:
    """
    Yield the changes that provisioner did not make, in the order of the events, without their values.

    `names` maps the ids of the project's objects to their addresses; other objects keep their ids as names.
    """
    by_type = {kind.updated_event: kind for kind in kinds if kind.updated_event}
    for event in events:
        request = event.get("request") or {}
        kind = by_type.get(str(event["type"]))
        if kind is None or str(request.get("idempotency_key") or "").startswith(OURS):
            continue
        identity = str(event["data"]["object"].get("id", ""))
        paths = tuple(_paths(kind, event["data"].get("previous_attributes") or {}))
        if not paths:
            continue
        yield OutsideChange(
            at=int(event["created"]),
            event=str(event["id"]),
            request=str(request.get("id") or ""),
            name=names[identity].name if identity in names else identity,
            id=identity,
            kind=kind.name,
            paths=paths,
        )


def _paths(kind: Kind, previous: Mapping[str, Any]) -> Sequence[str]:
    """Return the changed fields that people can set, without those that Stripe sets itself."""
    known = {field.name for field in kind.fields}
    found = [path for path in _leaves(previous) if path.partition(".")[0] in known]
    return [path for path in found if not path.startswith(f"metadata.{PREFIX}")]


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"
