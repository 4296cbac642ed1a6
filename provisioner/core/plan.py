"""The plan: everything that an apply would do, complete before the first write."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provisioner.core.blast import BlastRadius, blast_radius
from provisioner.core.call import Step
from provisioner.core.change import Action, Change, Note
from provisioner.core.crud import references
from provisioner.core.diff import additions, compare
from provisioner.core.estate import Estate, rests, sort_out
from provisioner.core.funding import plan_funding
from provisioner.core.kind import Kind
from provisioner.core.model import Address, Config, Declared, Live, Ref, World
from provisioner.core.steps import spell


@dataclass(frozen=True, slots=True)
class Plan:
    """
    Changes in the order of addresses, the steps that carry them out, and what a reader should know.

    `ids` are those of the live objects that steps may refer to; `totals` counts the live objects of
    ours by kind, `unmanaged` those of others; `unchanged` the resources that need nothing.
    """

    project: str
    mode: str
    account: str
    changes: tuple[Change, ...]
    steps: tuple[Step, ...]
    notes: tuple[Note, ...]
    unchanged: int
    ids: Mapping[Address, str]
    totals: Mapping[str, int]
    unmanaged: Mapping[str, int]
    blast: BlastRadius
    fingerprint: str

    @property
    def summary(self) -> dict[str, int]:
        """How many changes of each action, and how many resources stay as they are."""
        counts = Counter(str(change.action) for change in self.changes)
        return {str(action): counts[str(action)] for action in Action} | {"unchanged": self.unchanged}


@dataclass(slots=True)
class _Draft:
    """What has been found while the kinds are gone through, in the order of their ranks."""

    changes: list[Change] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    replaced: set[Address] = field(default_factory=set)
    ids: dict[Address, str] = field(default_factory=dict)
    by_id: dict[str, Address] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    unmanaged: dict[str, int] = field(default_factory=dict)

    def resolve(self, _section: str, identity: str) -> Ref | str:
        address = self.by_id.get(identity)
        return Ref(address) if address else identity


def make_plan(kinds: Sequence[Kind], config: Config, world: World) -> Plan:
    """
    Compare the configuration with the world and say all that would be done.

    Pure: the same three give the same plan. Raises ConflictError where live objects contradict each
    other.
    """
    draft = _Draft()
    for kind in sorted(kinds, key=lambda kind: kind.rank):
        wanted = [config.declared[a] for a in sorted(config.declared) if a.section == kind.section]
        if kind.owns_objects:
            _plan_objects(draft, kind, config.project, wanted, world)
        else:
            top_ups, notes = plan_funding(kind, config.project, wanted, world)
            draft.changes += top_ups
            draft.notes += notes
    changes = tuple(sorted(draft.changes, key=lambda change: (change.address, change.action)))
    steps = spell(kinds, config.project, changes)
    touched = {change.address for change in changes}
    return Plan(
        project=config.project,
        mode=config.mode,
        account=str(world.account.get("id", "")),
        changes=changes,
        steps=steps,
        notes=tuple(draft.notes),
        unchanged=sum(address not in touched for address in config.declared),
        ids=draft.ids,
        totals=draft.totals,
        unmanaged=draft.unmanaged,
        blast=blast_radius({kind.name: kind for kind in kinds}, changes),
        fingerprint=fingerprint(changes, steps),
    )


def _plan_objects(draft: _Draft, kind: Kind, project: str, wanted: Sequence[Declared], world: World) -> None:
    estate = sort_out(kind, project, world.objects.get(kind.resource, ()), draft.resolve)
    draft.ids |= {address: live.id for address, live in estate.current.items()}
    draft.by_id |= {live.id: address for address, live in estate.current.items()}
    draft.totals[kind.name] = len(estate.current)
    draft.unmanaged[kind.name] = estate.unmanaged
    for declared in wanted:
        live = estate.current.get(declared.address)
        if live is None:
            draft.changes.append(_creation(kind, declared, estate))
        else:
            _compare(draft, kind, declared, live, estate)
    names = {declared.address for declared in wanted}
    for address in sorted(estate.current.keys() - names):
        draft.changes += _removal(kind, estate.current[address])
    draft.changes += [_leftover(kind, live) for live in estate.leftovers]


def _creation(kind: Kind, declared: Declared, estate: Estate) -> Change:
    past = estate.past.get(declared.address, ())
    return Change(
        Action.CREATE,
        declared.address,
        kind.name,
        "its predecessor is canceled" if past else "declared, and not in Stripe",
        edits=additions(kind, declared),
        declared=declared,
        generation=estate.generations.get(declared.address, 0) + 1,
        predecessors=past,
    )


def _compare(draft: _Draft, kind: Kind, declared: Declared, live: Live, estate: Estate) -> None:
    edits, notes = compare(kind, declared, live, draft.replaced)
    draft.notes += notes
    if not edits:
        return
    forcing = [edit.path for edit in edits if edit.forces_replacement]
    if not forcing:
        reason = "declared differs from live"
        draft.changes.append(
            Change(Action.UPDATE, declared.address, kind.name, reason, edits, declared, live)
        )
        return
    draft.replaced.add(declared.address)
    draft.changes.append(
        Change(
            Action.REPLACE,
            declared.address,
            kind.name,
            f"Stripe cannot change {', '.join(forcing)} in place",
            edits,
            declared,
            live,
            generation=live.stamp.generation + 1,
            predecessors=estate.past[declared.address],
        )
    )


def _removal(kind: Kind, live: Live) -> list[Change]:
    """What happens to an object whose address is gone from the YAML, as it was told to itself."""
    cancel = live.stamp.on_remove == "cancel"
    if live.stamp.on_remove == "keep" or rests(kind, live, cancel=cancel):
        return []
    return [_end(kind, live, "declared no more", cancel=cancel)]


def _leftover(kind: Kind, live: Live) -> Change:
    return _end(kind, live, "left by an interrupted replacement", cancel=True)


def _end(kind: Kind, live: Live, reason: str, *, cancel: bool) -> Change:
    return Change(
        Action.RETIRE,
        live.address,
        kind.name,
        reason,
        live=live,
        generation=live.stamp.generation,
        params={"cancel": cancel and kind.cancel is not None},
    )


def fingerprint(changes: Iterable[Change], steps: Iterable[Step]) -> str:
    """A digest of what is touched, as it is and as it should be, and of every call; no more than that."""
    facts = [
        [str(c.action), str(c.address), c.id, c.generation, _fields(c.live), _fields(c.declared)]
        for c in changes
    ]
    calls = [[s.phase, s.call.service, s.call.verb, _plain(s.call.id), _plain(s.call.params)] for s in steps]
    text = json.dumps([facts, calls], sort_keys=True, default=str)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _fields(side: Declared | Live | None) -> Any:
    return _plain(side.fields) if side else None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)) and not isinstance(value, Address):
        return [_plain(item) for item in value]
    return value


def dependents(plan: Plan, address: Address) -> tuple[Address, ...]:
    """The addresses in the plan that refer to `address`."""
    return tuple(c.address for c in plan.changes if c.declared and address in references(c.declared.fields))
