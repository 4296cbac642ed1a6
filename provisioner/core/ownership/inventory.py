"""The objects of a project as Stripe has them, sorted out by address."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.model.config import Config
from provisioner.core.model.errors import ConflictError
from provisioner.core.model.resource import Address, Declared, Live, Ownership, Ref
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.ownership.marks import (
    ADDRESS,
    LIFECYCLE,
    OUR_KEYS,
    PROJECT,
    UnreadableMarkError,
    field_code,
    read_stamp,
    value_digest,
)
from provisioner.core.ownership.reissue import LOST, reissued_for
from provisioner.core.schema.kind import Kind, owned
from provisioner.core.schema.normal_form import reader

Resolve = Callable[[str, str], Ref | str]


class KindInventory(Struct, frozen=True):
    """
    What a project has of one kind.

    `current` is the object of each address, the newest that has not ended; `leftovers` are older ones
    that an interrupted replacement has left able to act; `past` holds the ids of all objects that ever
    had an address, and `last` the one of the highest generation, ended or not; `self_canceled` are those of
    them that have ended as they were declared to, with none in their place. `unmanaged` counts the objects of
    others.
    """

    current: Mapping[Address, Live] = field(default_factory=dict)
    leftovers: tuple[Live, ...] = ()
    past: Mapping[Address, tuple[str, ...]] = field(default_factory=dict)
    last: Mapping[Address, Live] = field(default_factory=dict)
    self_canceled: Mapping[Address, Live] = field(default_factory=dict)
    unmanaged: int = 0

    def renamed(self, declared: Collection[Declared]) -> "KindInventory":
        """The same estate, with objects under the new names of those that had another one before."""
        if not any(each.lifecycle.previously for each in declared):
            return self
        current, past = dict(self.current), dict(self.past)
        self_canceled, last = dict(self.self_canceled), dict(self.last)
        wanted = {each.address for each in declared}
        for each in declared:
            if each.address not in current and _awaits_successor(each, last.get(each.address)):
                continue  # its own card has ended to be reissued; what has its earlier name is another
            names = (Address(each.address.section, name) for name in each.lifecycle.previously)
            before = [old for old in names if old not in wanted]
            for old in before if each.address not in current and each.address not in self_canceled else ():
                if old in current:
                    current[each.address] = current.pop(old)
                    past[each.address] = past.get(each.address, ()) + past[old]
                    break
                if old in self_canceled and each.address not in last:
                    # the mark of what is canceled cannot be changed any more: the old name stays on it
                    last[each.address] = self_canceled[each.address] = self_canceled.pop(old)
                    past[each.address] = past[old]
                    break
            for old in before if each.address in past else ():
                # what had the earlier name is of its past, also where that name is gone by now
                if old in past and old not in current:
                    past[each.address] = tuple(dict.fromkeys(past[each.address] + past[old]))
        return replace(self, current=current, past=past, self_canceled=self_canceled, last=last)

    def next_generation(self, address: Address, live: Live | None = None) -> int:
        """The generation of what comes after `live`, and after all that ever had the address."""
        before = [each.stamp.generation for each in (self.last.get(address), live) if each]
        return max(before, default=0) + 1


class Inventory(Struct):
    """What a project has of every kind, by the kind's name; `ids` are those of the current objects."""

    estates: dict[str, KindInventory] = field(default_factory=dict)
    ids: dict[Address, str] = field(default_factory=dict)
    by_id: dict[str, Address] = field(default_factory=dict)

    def resolve(self, _section: str, identity: str) -> Ref | str:
        """The reference that the YAML would use for an object's id, or the id of one that is not ours."""
        address = self.by_id.get(identity)
        return Ref(address) if address else identity


def take_inventory(kinds: Iterable[Kind], config: Config, world: Snapshot) -> Inventory:
    """
    Find what is the project's in the world, those referred to before those that refer.

    Raises ConflictError where live objects contradict each other.
    """
    found = Inventory()
    for kind in owned(kinds):
        wanted = [each for each in config.declared.values() if each.address.section == kind.section]
        raws = world.objects.get(kind.resource, ())
        estate = sort_out(kind, config, raws, found.resolve).renamed(wanted)
        found.estates[kind.name] = estate
        found.ids |= {address: live.id for address, live in estate.current.items()}
        found.by_id |= {live.id: address for address, live in estate.current.items()}
    return found


def sort_out(
    kind: Kind, config: Config, raws: Iterable[Mapping[str, Any]], resolve: Resolve
) -> KindInventory:
    """
    Find the project's objects among all of a kind.

    Raises ConflictError, naming all, where several live objects have one address and the newest does not
    lead back to the others: each names the object that it replaces in its marks, or has nothing to replace.
    """
    found, unmanaged = _by_address(kind, config, raws, resolve)
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


def _by_address(
    kind: Kind, config: Config, raws: Iterable[Mapping[str, Any]], resolve: Resolve
) -> tuple[Mapping[Address, list[Live]], int]:
    """The project's objects by address, newest first, and how many others there are."""
    found: dict[Address, list[Live]] = defaultdict(list)
    unmanaged = 0
    fields_of = reader(kind.fields, resolve)
    for raw in raws:
        live = _live(kind, config, raw, fields_of)
        if live is None:
            unmanaged += 1
        else:
            found[live.address].append(live)
    return found, unmanaged


def _awaits_successor(declared: Declared, last: Live | None) -> bool:
    """Whether the last object of an address was canceled as lost or stolen, and is to be reissued as that."""
    return last is not None and last.canceled_as in LOST and reissued_for(declared, last) in LOST


def _latest(lives: Sequence[Live]) -> Live:
    return lives[0] if len(lives) == 1 else max(lives, key=lambda live: live.stamp.generation)


def _replaced_by(newest: Live, lives: Sequence[Live]) -> set[str]:
    """The ids of those that an object replaces, one after the other, as their own marks say."""
    by_id = {live.id: live for live in lives}
    ids: set[str] = set()
    at = newest
    while (before := by_id.get(at.stamp.predecessor)) and before.stamp.generation < at.stamp.generation:
        ids.add(before.id)
        at = before
    return ids


def is_retired(kind: Kind, live: Live, *, cancel: bool | None = None) -> bool:
    """
    Whether an object is retired already: at its end, or inactive or blocked where that is all that is asked.

    Without `cancel`, a kind that can be canceled rests only when it is.
    """
    if live.final:
        return True
    end = kind.retirement.params(cancel=cancel is not False)
    return all(
        (there := live.fields.get(name)) == value or there in kind.field(name).stripe_only_values
        for name, value in end.items()
    )


Fields = Callable[[Mapping[str, Any]], dict[str, Any]]
MARKS = frozenset(OUR_KEYS)


def _live(kind: Kind, config: Config, raw: Mapping[str, Any], fields_of: Fields) -> Live | None:
    metadata = raw.get("metadata") or {}
    if metadata.get(PROJECT) != config.project:
        return None
    stamp = _stamp(kind, config, raw["id"], metadata)
    final = kind.retirement.is_final(raw)
    return Live(
        address=stamp.address,
        id=raw["id"],
        fields=_without_marks(fields_of(raw)),
        stamp=stamp,
        final=final,
        outstanding=kind.outstanding(raw),
        self_canceled=_self_canceled(kind, stamp, raw) if final else "",
        canceled_as=raw.get("cancellation_reason") or "",
        frozen_fields=tuple(raw.get("frozen_fields") or kind.frozen_fields(raw)),
    )


def _stamp(kind: Kind, config: Config, identity: str, metadata: Mapping[str, str]) -> Ownership:
    """What the marks of an object say; raises ConflictError where no reading of them is safe."""
    try:
        stamp = read_stamp(metadata, config.declared)
        if stamp and stamp.address.section == kind.section:
            return stamp
        key = ADDRESS
    except UnreadableMarkError as wrong:
        key = wrong.key
    what, right = {
        ADDRESS: (f"is no address of {kind.section}", f"set the key to {kind.section}.NAME"),
        LIFECYCLE: ("has no number behind reissued=", "write that of the last reissue there"),
    }[key]
    raise ConflictError(
        f"{kind.name} {identity} carries the mark of this project, but its metadata key {key} {what} (edited "
        "by hand?). It is not touched, and nothing is created in its place: "
        f"{right}, or remove the key {PROJECT}"
    )


def _self_canceled(kind: Kind, stamp: Ownership, raw: Mapping[str, Any]) -> str:
    """How an object has ended as it was declared to; empty where it was by us, or never declared."""
    by_us = {
        value_digest(stamp.project, name, kind.field(name), end) == stamp.applied.get(field_code(name))
        for name, end in kind.retirement.cancel.items()
    }
    ends = field_code(kind.retirement.ends_by) in stamp.applied
    return kind.retirement.self_canceled(raw) if ends and True not in by_us else ""


def _without_marks(fields: dict[str, Any]) -> Mapping[str, Any]:
    """The fields with the metadata that is not ours, which most objects have none of."""
    own = {name: text for name, text in fields.get("metadata", {}).items() if name not in MARKS}
    if own:
        fields["metadata"] = own
    else:
        fields.pop("metadata", None)
    return fields


def _explain(address: Address, lives: Iterable[Live]) -> str:
    ids = " and ".join(live.id for live in reversed([*lives]))  # the oldest first
    return (
        f"{address}: {ids} both carry this address, and neither names the other as the one that it replaces. "
        f"Neither is touched. Keep one: on the other, cancel it or remove its metadata key {PROJECT} "
        "(Dashboard or API), then plan again"
    )
