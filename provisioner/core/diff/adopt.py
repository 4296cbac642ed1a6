"""
Imports: bring existing objects under management by writing only ownership metadata.

Values that differ from the configuration stay in Stripe, and appear in the next plan.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from provisioner.core.diff.change import Action, Change, Edit
from provisioner.core.diff.compare import compare
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ProvisionerError, Where
from provisioner.core.model.resource import Address, Declared, Live, Ownership
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.ownership.inventory import Inventory
from provisioner.core.ownership.marks import PROJECT, unread
from provisioner.core.ownership.matching import is_named, pair
from provisioner.core.schema.kind import Kind, owned
from provisioner.core.schema.normal_form import leaves, resolver

Item = Mapping[str, Any]
NOWHERE = Where("", 0, 0)
FAR = 1_000_000  # larger than the distance of any object that has all configured values


class Unclear(Struct, frozen=True):
    """
    A resource without a chosen object, the objects that match it, and other resources that they match,
    too.
    """

    address: Address
    """The address."""
    fits: tuple[str, ...]
    """The ids of the objects that match."""
    others: tuple[Address, ...] = ()
    """The other addresses that match them."""


class Adoptions(Struct, frozen=True):
    """The result of matching all resources: imports, unclear matches, and addresses without a match."""

    changes: tuple[Change, ...]
    """The imports."""
    unclear: tuple[Unclear, ...] = ()
    """Addresses for which no object could be chosen."""
    missing: tuple[Address, ...] = ()
    """Addresses that no object matches."""


def adopt_one(
    kinds: Sequence[Kind],
    config: Config,
    world: Snapshot,
    surveyed: Inventory,
    address: Address,
    identity: str,
) -> Adoptions:
    """
    Import one object by its id.

    Raises ProvisionerError if the address is not in the configuration or already has an object, if the object
    does not exist or has irreversibly ended, or if it already belongs to a project.
    """
    declared = config.declared.get(address)
    kind = next((kind for kind in owned(kinds) if kind.section == address.section), None)
    if declared is None or kind is None:
        raise ProvisionerError(f"{address} is not in the configuration; add it there first, then import")
    if address in surveyed.ids:
        raise ProvisionerError(
            f"{address} already has the object {surveyed.ids[address]}; import cannot add a second one"
        )
    found = next((each for each in world.objects.get(kind.resource, ()) if each.id == identity), None)
    if found is None:
        raise ProvisionerError(f"there is no {kind.name} {identity} in this account")
    if found.project:
        raise ProvisionerError(f"{identity} already belongs to project {found.project}; it was not changed")
    if kind.retirement.is_final(found.fields):
        raise ProvisionerError(
            f"{identity} is {found.fields['status']}, which is irreversible; it cannot be imported"
        )
    have = resolver(kind.fields, surveyed.resolve)(found.fields)
    return Adoptions((_adoption(kind, config.project, declared, identity, have, surveyed),))


def adopt_all(kinds: Sequence[Kind], config: Config, world: Snapshot, surveyed: Inventory) -> Adoptions:
    """
    Find an object for every resource without one, by all configured values or by name and email.

    If several resources have identical values and there are as many identical objects, they are paired in the
    order of the YAML, oldest object first. An export writes them in that order, so renaming a resource
    changes nothing. Nothing is guessed; see `matching.pair`.
    """
    surveyed = Inventory(surveyed.estates, dict(surveyed.ids), dict(surveyed.by_id))
    changes: list[Change] = []
    unclear: list[Unclear] = []
    for kind in owned(kinds):
        wanted = [
            declared
            for declared in config.declared.values()
            if declared.address.section == kind.section and declared.address not in surveyed.ids
        ]
        wanted.sort(key=lambda declared: (declared.where or NOWHERE, declared.address))
        resolved = resolver(kind.fields, surveyed.resolve)
        free = {
            each.id: resolved(each.fields)
            for each in reversed(world.objects.get(kind.resource, ()))
            if not each.project and not kind.retirement.is_final(each.fields)
        }
        for declared, identity in _match(kind, wanted, free, unclear):
            changes.append(_adoption(kind, config.project, declared, identity, free[identity], surveyed))
            surveyed.ids[declared.address] = identity
            surveyed.by_id[identity] = declared.address
    told = {each.address for each in unclear}
    ended = {address for estate in surveyed.estates.values() for address in estate.self_canceled}
    sections = {kind.section for kind in owned(kinds)}
    missing = (
        address
        for address in config.declared
        if address.section in sections and address not in {*surveyed.ids, *told, *ended}
    )
    return Adoptions(tuple(changes), tuple(unclear), tuple(sorted(missing)))


def _match(
    kind: Kind, wanted: Sequence[Declared], free: Mapping[str, Item], unclear: list[Unclear]
) -> Iterator[tuple[Declared, str]]:
    """Pair resources with objects if there is only one way to do so, or if all ways are equivalent."""
    wants = [_distances(kind, declared, free) for declared in wanted]
    pairs = pair(wants)
    for block, identity in sorted(pairs.found.items()):
        yield wanted[block], identity
    for block, fits in pairs.unclear.items():
        ids = set(fits)
        others = [
            each.address for n, each in enumerate(wanted) if n != block and not ids.isdisjoint(wants[n])
        ]
        if fits:
            unclear.append(Unclear(wanted[block].address, fits, tuple(others)))


def _distances(kind: Kind, declared: Declared, free: Mapping[str, Item]) -> dict[str, int]:
    """
    Return the distance of each object that matches a resource; if none matches, of those with its name.

    The distance is the number of values that an object has beyond the configured ones; FAR for a match by
    name.
    """
    wanted = {path for path, _, _ in leaves(kind.fields, declared.fields)}
    exact = {
        identity: sum(path not in wanted for path, _, _ in leaves(kind.fields, have))
        for identity, have in free.items()
        if _fits(kind, declared, have)
    }
    return exact or {identity: FAR for identity, have in free.items() if is_named(kind, declared, have)}


def _fits(kind: Kind, declared: Declared, have: Mapping[str, Any]) -> bool:
    """Return True if an object matches the declaration in every field that Stripe returns."""
    edits, _ = compare(kind, declared, _live(kind, declared, "", have, ""))
    write_only = {
        f"{field.name}.{sub.name}" for field in kind.fields for sub in field.fields if sub.write_only
    }
    return all(edit.path in write_only or edit.path.startswith("lifecycle.") for edit in edits)


def _live(kind: Kind, declared: Declared, project: str, have: Mapping[str, Any], identity: str) -> Live:
    stamp = Ownership(project, declared.address, applied=unread(project, kind.fields, have, declared.fields))
    return Live(declared.address, identity, have, stamp)


def _adoption(
    kind: Kind, project: str, declared: Declared, identity: str, have: Item, surveyed: Inventory
) -> Change:
    live = _live(kind, declared, project, have, identity)
    differing = [edit.path for edit in compare(kind, declared, live)[0]]
    reason = "writes ownership metadata only"
    if differing:
        reason += f"; the next plan will include what differs: {', '.join(differing)}"
    edit = Edit("metadata." + PROJECT, None, project)
    generation = surveyed.estates[kind.name].next_generation(declared.address)
    return Change(Action.ADOPT, declared.address, kind.name, reason, (edit,), declared, live, generation)
