"""The plan: everything that an apply would do, complete before the first write."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

from provisioner.core.blast import BlastRadius, blast_radius
from provisioner.core.call import Step
from provisioner.core.change import Action, Change, Note
from provisioner.core.crud import references
from provisioner.core.diff import additions, compare
from provisioner.core.estate import Estate, Survey, rests, survey
from provisioner.core.flips import flips
from provisioner.core.funding import plan_funding
from provisioner.core.kind import Kind
from provisioner.core.model import Address, Config, Declared, Live, World
from provisioner.core.outlook import Outlook, outlook
from provisioner.core.reissue import reissued_for, successor
from provisioner.core.select import EVERYTHING, Selection, select
from provisioner.core.steps import spell


@dataclass(frozen=True, slots=True)
class Plan:
    """
    Changes in the order of addresses, the steps that carry them out, and what a reader should know.

    `ids` are those of the live objects that steps may refer to; `totals` counts the live objects of
    ours by kind, `unmanaged` those of others; `unchanged` the resources that need nothing. `newest` is
    when the newest object of each listed resource was created (Unix seconds): what is not in the plan
    cannot be older.
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
    outlook: Outlook = Outlook()
    newest: Mapping[str, int] = field(default_factory=dict)

    @property
    def summary(self) -> dict[str, int]:
        """How many changes of each action, and how many resources stay as they are."""
        counts = Counter(str(change.action) for change in self.changes)
        return {str(action): counts[str(action)] for action in Action} | {"unchanged": self.unchanged}


@dataclass(slots=True)
class Findings:
    """The changes that a comparison has found, and what else to know."""

    changes: list[Change] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    replaced: set[Address] = field(default_factory=set)


def make_plan(kinds: Sequence[Kind], config: Config, world: World, selection: Selection = EVERYTHING) -> Plan:
    """
    Compare the configuration with the world and say all that would be done.

    Pure: the same values give the same plan. Raises ConflictError where live objects contradict each
    other.
    """
    surveyed = survey(kinds, config, world)
    found = find_changes(kinds, config, world, surveyed)
    chosen, notes = select(found.changes, selection)
    live = {address: each for estate in surveyed.estates.values() for address, each in estate.current.items()}
    notes += flips(config, live, chosen)
    return assemble(kinds, config, world, surveyed, Findings(chosen, [*found.notes, *notes], found.replaced))


def assemble(kinds: Sequence[Kind], config: Config, world: World, surveyed: Survey, found: Findings) -> Plan:
    """Put changes in order, spell them out, and add up what they cost."""
    changes = tuple(sorted(found.changes, key=lambda change: (change.address, change.action)))
    touched = {change.address for change in changes}
    return Plan(
        project=config.project,
        mode=config.mode,
        account=str(world.account.get("id", "")),
        changes=changes,
        steps=spell(kinds, config.project, changes),
        notes=(*_carried(changes), *found.notes),
        unchanged=sum(address not in touched for address in config.declared),
        ids=surveyed.ids,
        totals={name: len(estate.current) for name, estate in surveyed.estates.items()},
        unmanaged={name: estate.unmanaged for name, estate in surveyed.estates.items()},
        blast=blast_radius({kind.name: kind for kind in kinds}, changes),
        fingerprint=fingerprint(changes),
        outlook=outlook(kinds, config, world, surveyed, changes),
        newest={resource: _created(raws[0]) for resource, raws in world.objects.items() if raws},
    )


def _created(raw: Mapping[str, Any]) -> int:
    created = raw.get("created")
    return created if isinstance(created, int) else 0


def with_changes(kinds: Sequence[Kind], plan: Plan, changes: Sequence[Change]) -> Plan:
    """The same plan with other changes in the place of its own."""
    return replace(
        plan,
        changes=tuple(changes),
        steps=spell(kinds, plan.project, changes),
        blast=blast_radius({kind.name: kind for kind in kinds}, changes),
        fingerprint=fingerprint(changes),
    )


def find_changes(kinds: Sequence[Kind], config: Config, world: World, surveyed: Survey) -> Findings:
    """All that differs between the configuration and the world, in the order of the kinds' ranks."""
    found = Findings()
    for kind in sorted(kinds, key=lambda kind: kind.rank):
        wanted = [config.declared[a] for a in sorted(config.declared) if a.section == kind.section]
        if kind.owns_objects:
            _find_objects(found, kind, wanted, surveyed.estates[kind.name])
        else:
            top_ups, notes = plan_funding(kind, config.project, wanted, world)
            found.changes += top_ups
            found.notes += notes
    return found


def _find_objects(found: Findings, kind: Kind, wanted: Sequence[Declared], estate: Estate) -> None:
    for declared in wanted:
        live = estate.current.get(declared.address)
        if live is None:
            found.changes.append(_creation(kind, declared, estate, found.replaced))
        else:
            _compare(found, kind, declared, live, estate)
    names = {declared.address for declared in wanted}
    for address in sorted(estate.current.keys() - names):
        found.changes += _removal(kind, estate.current[address])
    found.changes += [_leftover(kind, live) for live in estate.leftovers]


def _carried(changes: Sequence[Change]) -> Iterator[Note]:
    """How many objects a replaced one carries along to its successor."""
    replaced = {change.address for change in changes if change.action is Action.REPLACE}
    followers = Counter(
        address
        for change in changes
        if change.declared and change.action is Action.REPLACE
        for address in references(change.declared.fields) & replaced
    )
    for address, count in sorted(followers.items()):
        yield Note(str(address), f"its replacement carries {count} along, each replaced under the new one")


def _creation(kind: Kind, declared: Declared, estate: Estate, replaced: AbstractSet[Address]) -> Change:
    last = estate.last.get(declared.address)
    return Change(
        Action.CREATE,
        declared.address,
        kind.name,
        _why_created(declared, last),
        edits=additions(kind, declared),
        declared=declared,
        generation=last.stamp.generation + 1 if last else 1,
        predecessors=estate.past.get(declared.address, ()),
        params=successor(declared, last, replaced) if last else {},
    )


def _why_created(declared: Declared, last: Live | None) -> str:
    if last is None:
        return "declared, and not in Stripe"
    why = reissued_for(declared, last)
    return f"reissue: {why}; its predecessor is canceled" if why else "its predecessor is canceled"


def _compare(found: Findings, kind: Kind, declared: Declared, live: Live, estate: Estate) -> None:
    edits, notes = compare(kind, declared, live, found.replaced)
    found.notes += notes
    why = reissued_for(declared, live)
    forcing = [edit.path for edit in edits if edit.forces_replacement]
    if forcing or why:
        params = successor(declared, live, found.replaced)
        found.replaced.add(declared.address)
        reasons = [f"reissue: {why}"] if why else []
        reasons += [f"Stripe cannot change {', '.join(forcing)} in place"] if forcing else []
        found.changes.append(
            Change(
                Action.REPLACE,
                declared.address,
                kind.name,
                "; ".join(reasons),
                edits,
                declared,
                live,
                generation=live.stamp.generation + 1,
                predecessors=estate.past[declared.address],
                params=params,
            )
        )
    elif edits:
        reason = "declared differs from live"
        found.changes.append(
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
