"""The plan: everything that an apply would do, complete before the first write."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from provisioner.core.blast import BlastRadius, blast_radius
from provisioner.core.call import Step
from provisioner.core.change import Action, Change, Note
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
        fingerprint=fingerprint(changes),
    )


def _plan_objects(draft: _Draft, kind: Kind, project: str, wanted: Sequence[Declared], world: World) -> None:
    estate = sort_out(kind, project, world.objects.get(kind.resource, ()), draft.resolve).renamed(wanted)
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
    last = estate.last.get(declared.address)
    return Change(
        Action.CREATE,
        declared.address,
        kind.name,
        "its predecessor is canceled" if last else "declared, and not in Stripe",
        edits=additions(kind, declared),
        declared=declared,
        generation=last.stamp.generation + 1 if last else 1,
        predecessors=estate.past.get(declared.address, ()),
        params=_reissue(declared, last) if last and kind.cancel else {},
    )


def _reissue(declared: Declared, live: Live) -> dict[str, str]:
    """What a card says of the one that it is issued for again; nothing when no reissue is asked for."""
    asked = declared.lifecycle.reissue
    if asked is None or asked.number <= live.stamp.reissued:
        return {}
    return {"replacement_for": live.id, "replacement_reason": asked.reason}


def _compare(draft: _Draft, kind: Kind, declared: Declared, live: Live, estate: Estate) -> None:
    edits, notes = compare(kind, declared, live, draft.replaced)
    draft.notes += notes
    reissue = _reissue(declared, live)
    forcing = [edit.path for edit in edits if edit.forces_replacement]
    if forcing or reissue:
        draft.replaced.add(declared.address)
        reason = f"Stripe cannot change {', '.join(forcing)} in place"
        if reissue:
            reason = f"reissue: {reissue['replacement_reason']}"
        draft.changes.append(
            Change(
                Action.REPLACE,
                declared.address,
                kind.name,
                reason,
                edits,
                declared,
                live,
                generation=live.stamp.generation + 1,
                predecessors=estate.past[declared.address],
                params=reissue,
            )
        )
    elif edits:
        reason = "declared differs from live"
        draft.changes.append(
            Change(Action.UPDATE, declared.address, kind.name, reason, edits, declared, live)
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


def fingerprint(changes: Iterable[Change]) -> str:
    """A digest of all that would be done, and of the objects that it would be done to."""
    text = "\n".join(change.fingerprint for change in changes)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
