"""The objects of a project in Stripe, grouped by address."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.model.config import Config
from provisioner.core.model.errors import ConflictError
from provisioner.core.model.resource import Address, Declared, Live, Ownership, Ref
from provisioner.core.model.snapshot import Observed, Snapshot
from provisioner.core.ownership.marks import (
    ADDRESS,
    LIFECYCLE,
    PROJECT,
    field_code,
    value_digest,
)
from provisioner.core.ownership.reissue import reissued_for
from provisioner.core.schema.kind import Kind, owned
from provisioner.core.schema.normal_form import resolver

Resolve = Callable[[str, str], Ref | str]


class KindInventory(Struct, frozen=True):
    """The objects of one kind that belong to a project."""

    current: Mapping[Address, Live] = field(default_factory=dict)
    """The newest object at each address that has not ended."""
    leftovers: tuple[Live, ...] = ()
    """Older objects that can still act because a replacement was interrupted."""
    past: Mapping[Address, tuple[str, ...]] = field(default_factory=dict)
    """The ids of all objects that have ever had each address."""
    last: Mapping[Address, Live] = field(default_factory=dict)
    """The object with the highest generation at each address, ended or not."""
    self_canceled: Mapping[Address, Live] = field(default_factory=dict)
    """Objects in `last` that ended as configured, at addresses without a current object."""
    unmanaged: int = 0
    """The number of objects that do not belong to the project."""

    def renamed(self, kind: Kind, declared: Collection[Declared]) -> "KindInventory":
        """Return a copy in which objects that were renamed in the configuration have their new names."""
        if not any(each.lifecycle.previously for each in declared):
            return self
        current, past = dict(self.current), dict(self.past)
        self_canceled, last = dict(self.self_canceled), dict(self.last)
        wanted = {each.address for each in declared}
        for each in declared:
            ended = last.get(each.address) if each.address not in current else None
            why = reissued_for(each, ended) if ended else ""
            if ended and kind.ends_first(why) and kind.ends_first(ended.canceled_as):
                continue  # its own card ended to be reissued, and the earlier name belongs to another card
            names = (Address(each.address.section, name) for name in each.lifecycle.previously)
            before = [old for old in names if old not in wanted]
            for old in before if each.address not in current and each.address not in self_canceled else ():
                if old in current:
                    current[each.address] = current.pop(old)
                    past[each.address] = past.get(each.address, ()) + past[old]
                    break
                if old in self_canceled and each.address not in last:
                    # the metadata of a canceled object cannot be changed, so it keeps the old name
                    last[each.address] = self_canceled[each.address] = self_canceled.pop(old)
                    past[each.address] = past[old]
                    break
            for old in before if each.address in past else ():
                # objects with the earlier name belong to its past, even if nothing has that name now
                if old in past and old not in current:
                    past[each.address] = tuple(dict.fromkeys(past[each.address] + past[old]))
        return replace(self, current=current, past=past, self_canceled=self_canceled, last=last)

    def next_generation(self, address: Address, live: Live | None = None) -> int:
        """
        Return the generation for the successor of `live`, higher than that of any object at the address so
        far.
        """
        before = [each.stamp.generation for each in (self.last.get(address), live) if each]
        return max(before, default=0) + 1


class Inventory(Struct):
    """The objects of a project."""

    estates: dict[str, KindInventory] = field(default_factory=dict)
    """The objects of each kind, by its name."""
    ids: dict[Address, str] = field(default_factory=dict)
    """The ids of the current objects, by address."""
    by_id: dict[str, Address] = field(default_factory=dict)
    """The addresses of the current objects, by id."""
    ever: dict[str, Address] = field(default_factory=dict)
    """The addresses of all objects that the project has ever had, by id."""

    def resolve(self, _section: str, identity: str) -> Ref | str:
        """
        Return the reference that the YAML would use for an id, or the id if the object does not belong to the
        project.
        """
        address = self.by_id.get(identity)
        return Ref(address) if address else identity


def take_inventory(kinds: Iterable[Kind], config: Config, world: Snapshot) -> Inventory:
    """
    Find the project's objects in the snapshot, each kind after the kinds that it refers to.

    Raises ConflictError if live objects contradict each other.
    """
    found = Inventory()
    for kind in owned(kinds):
        wanted = [each for each in config.declared.values() if each.address.section == kind.section]
        objects = world.objects.get(kind.resource, ())
        estate = sort_out(kind, config.project, objects, found.resolve).renamed(kind, wanted)
        found.estates[kind.name] = estate
        found.ids |= {address: live.id for address, live in estate.current.items()}
        found.by_id |= {live.id: address for address, live in estate.current.items()}
        found.ever |= {identity: address for address, ids in estate.past.items() for identity in ids}
    return found


def sort_out(kind: Kind, project: str, objects: Iterable[Observed], resolve: Resolve) -> KindInventory:
    """
    Find the project's objects among all objects of a kind.

    The ownership metadata of an object names the object that it replaces, if any. Raises ConflictError, which
    names all conflicts, if live objects share an address and this chain from the newest misses one of them.
    """
    found: dict[Address, list[Live]] = defaultdict(list)
    unmanaged, resolved = 0, resolver(kind.fields, resolve)
    for each in objects:
        if each.ownership and each.ownership.project == project:
            found[each.ownership.address].append(live_of(kind, each, each.ownership, resolved(each.fields)))
        else:
            unmanaged += 1
    current: dict[Address, Live] = {}
    leftovers: list[Live] = []
    conflicts: list[tuple[Address, list[Live]]] = []
    for address, lives in found.items():
        able = [live for live in lives if not live.final]
        if not able:
            continue
        current[address] = _latest(able)
        others = [live for live in able if live is not current[address]]
        replaced = _replaced_by(current[address], lives) if others else set()
        if contesting := [live for live in others if live.id not in replaced]:
            conflicts.append((address, [current[address], *contesting]))
        leftovers += [live for live in others if not is_retired(kind, live)]
    if conflicts:
        raise ConflictError("\n".join(_explain(address, lives) for address, lives in sorted(conflicts)))
    last = {address: _latest(lives) for address, lives in found.items()}
    return KindInventory(
        current=current,
        leftovers=tuple(leftovers),
        past={address: tuple([live.id for live in lives]) for address, lives in found.items()},
        last=last,
        self_canceled={a: live for a, live in last.items() if live.self_canceled and a not in current},
        unmanaged=unmanaged,
    )


def _latest(lives: Sequence[Live]) -> Live:
    return lives[0] if len(lives) == 1 else max(lives, key=lambda live: live.stamp.generation)


def _replaced_by(newest: Live, lives: Sequence[Live]) -> set[str]:
    """Return the ids in the chain of objects that `newest` replaces, according to ownership metadata."""
    by_id = {live.id: live for live in lives}
    ids: set[str] = set()
    at = newest
    while (before := by_id.get(at.stamp.predecessor)) and before.stamp.generation < at.stamp.generation:
        ids.add(before.id)
        at = before
    return ids


def is_retired(kind: Kind, live: Live, *, cancel: bool | None = None) -> bool:
    """
    Return whether an object is retired already: ended or, unless it must be canceled, inactive or blocked.

    With `cancel`, an object of a kind that can be canceled counts as retired only when it is canceled.
    """
    if live.final:
        return True
    if kind.retirement.deletes and cancel is not False:
        return False  # otherwise it would be gone
    end = kind.retirement.params(cancel=cancel is not False)
    return all(
        (there := live.fields.get(name)) == value or there in kind.field(name).stripe_only_values
        for name, value in end.items()
    )


def live_of(
    kind: Kind,
    observed: Observed,
    stamp: Ownership,
    fields: Mapping[str, Any],
    matches: Declared | None = None,
) -> Live:
    """Return the live object; raises ConflictError if its ownership metadata cannot be read reliably."""
    if observed.unchanged and observed.unchanged.fields == fields:  # the references are as configured, too
        return observed.unchanged
    if stamp.unreadable or stamp.address.section != kind.section:
        key = stamp.unreadable or ADDRESS
        what, right = {
            ADDRESS: (f"is not an address in {kind.section}", f"set the key to {kind.section}.NAME"),
            LIFECYCLE: ("has no number after reissued=", "write the number of the last reissue there"),
        }[key]
        raise ConflictError(
            f"{kind.name} {observed.id} belongs to this project, but its metadata key {key} {what} "
            "(edited by hand?). It was not changed, and no other object is created for it. "
            f"To fix it, {right}, or remove the key {PROJECT}"
        )
    facts = observed.facts
    is_declared_to_end = field_code(kind.retirement.ends_by) in stamp.applied
    may_end_itself = is_declared_to_end and not _was_set(kind, stamp, kind.retirement.cancel)
    return Live(
        address=stamp.address,
        id=observed.id,
        fields=fields,
        stamp=stamp,
        final=kind.retirement.is_final(fields),
        outstanding=facts.outstanding,
        self_canceled=facts.self_canceled if may_end_itself else "",
        canceled_as=facts.canceled_as,
        frozen_fields=facts.frozen_fields,
        created=observed.created,
        remark=facts.remark,
        matches=matches,
    )


def is_canceled_outside(kind: Kind, declared: Declared, last: Live) -> bool:
    """
    Return whether the last object of an address was canceled outside of provisioner without need.

    Somebody who requests a reissue may have canceled a lost or stolen card in Stripe already.
    """
    why = reissued_for(declared, last)
    asked = why and (last.self_canceled or last.canceled_as == why)
    return last.final and not asked and not _was_set(kind, last.stamp, kind.retirement.cancel)


def is_reactivated(kind: Kind, live: Live) -> bool:
    """Return whether an object that provisioner deactivated was activated outside of provisioner."""
    ends = kind.retirement.deactivate
    there = {name: live.fields.get(name) for name in ends}
    return not live.final and there != ends and _was_set(kind, live.stamp, ends)


def _was_set(kind: Kind, stamp: Ownership, params: Mapping[str, str]) -> bool:
    """Return whether provisioner itself set the parameters that end an object, according to its record."""
    return any(
        value_digest(stamp.project, name, kind.field(name), end) == stamp.applied.get(field_code(name))
        for name, end in params.items()
    )


def _explain(address: Address, lives: Iterable[Live]) -> str:
    ids = " and ".join(live.id for live in reversed([*lives]))  # the oldest first
    return (
        f"{address}: {ids} both have this address, and neither is recorded as the replacement of the other. "
        f"Nothing was changed. Keep one: cancel the other, or remove its metadata key {PROJECT} "
        "(in the Dashboard or through the API), then plan again"
    )
