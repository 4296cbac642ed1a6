"""The plan: everything that an apply would do, complete before the first write."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.diff.change import Action, Change, Moved, Note
from provisioner.core.diff.find import Comparison, Differences, compare_with
from provisioner.core.diff.likely_mistakes import likely_mistakes
from provisioner.core.model.config import Config
from provisioner.core.model.json_document import TraceDocument
from provisioner.core.model.money import Money
from provisioner.core.model.resource import Address, Place
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.ownership.inventory import Inventory, is_retired
from provisioner.core.ownership.seal import Seal, account_of, new_salt, salt_of, seals_of
from provisioner.core.plan.call import Step
from provisioner.core.plan.exposure import Spender, activated, raised, spenders
from provisioner.core.plan.order import Owner, order_steps
from provisioner.core.plan.outlook import balances, exposure_by_team
from provisioner.core.plan.outlook_document import OutlookDocument
from provisioner.core.plan.scenario_flips import flips
from provisioner.core.plan.selection import EVERYTHING, Selection, select
from provisioner.core.purchases.backtest_document import BacktestDocument
from provisioner.core.schema.kind import Kind, owned


class Impact(Struct, frozen=True):
    """The effects of a plan as a whole."""

    money: tuple[Money, ...] = ()
    """The top-ups."""
    exposure: Mapping[str, int | None] = field(default_factory=dict)
    """Added monthly exposure in minor units by currency; None means without limit."""
    activated: int = 0
    """The number of cards that cannot spend now, but can afterwards."""
    final: int = 0
    """The number of irreversible changes."""


class Plan(Struct, frozen=True, dict=True):
    """The changes, the steps that make them, and remarks for readers."""

    kinds: tuple[Kind, ...]
    """All kinds of resources."""
    project: str
    """The name of the project."""
    mode: str
    """`test` or `live`."""
    account: str
    """The id of the account."""
    changes: tuple[Change, ...]
    """The changes, in the order of addresses."""
    notes: tuple[Note, ...]
    """Remarks for the reader."""
    unchanged: int
    """The number of resources that do not change."""
    ids: Mapping[Address, str]
    """The ids of the objects that steps may refer to."""
    totals: Mapping[str, int]
    """The number of the project's objects, by kind."""
    unmanaged: Mapping[str, int]
    """The number of other objects, by kind."""
    blast: Impact
    """The effects as a whole."""
    fingerprint: str
    """The digest that identifies this plan in an approval."""
    seals: Mapping[str, Seal]
    """The seals for digests of values that the plan does not show, the best first."""
    config: Config
    """The configuration that it was made from."""
    surveyed: Inventory
    """The project's objects; all of them count, even if only a part is applied."""
    upkeep: tuple[Change, ...] = ()
    """
    Updates of ownership metadata that only record values on which Stripe and the configuration agree already.
    They do not count as changes: every apply makes them, without approval.
    """
    outlook: OutlookDocument = OutlookDocument((), ())
    """The exposure before and after."""
    newest: Mapping[str, int] = field(default_factory=dict)
    """The time at which the newest object of each resource was created (Unix seconds)."""
    left_out: int = 0
    """The number of changes that the selection excludes."""
    selection: Selection = EVERYTHING
    """The selected part of the configuration."""
    environment: str | None = None
    """The environment for which it was made; None if there is none."""
    salt: str = ""
    """The project's secret, which new objects store for their digests."""
    backtest: BacktestDocument | None = None
    """Past purchases, judged by the planned controls; None if none were read."""
    traces: Mapping[Place, TraceDocument] = field(default_factory=dict)
    """Events that changed values outside of provisioner, if they were looked up."""

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """
        The steps, in the order in which they begin.

        They follow from the changes alone, and are made once an apply needs them: most plans are only read.
        """
        return order_steps(self.kinds, Owner(self.project, self.salt), (*self.changes, *self.upkeep))

    @property
    def seal(self) -> Seal:
        """Return the best of the seals."""
        return next(iter(self.seals.values()))

    @property
    def changed_outside(self) -> dict[Place, str]:
        """Return the ids of objects that were changed outside of provisioner, by the places that changed."""
        return {
            (change.address, path): change.id or change.follows
            for change in self.changes
            for path, moved in (("", change.moved), *((edit.path, edit.moved) for edit in change.edits))
            if moved in (Moved.LIVE, Moved.BOTH)
        }

    @property
    def summary(self) -> dict[str, int]:
        """
        Return the number of changes by action, and the number of resources that do not change.

        Updates of ownership metadata only are counted as `rename` and `mark`, and not as updates.
        """
        counts = Counter(change.bookkeeping or str(change.action) for change in self.changes)
        names = [*map(str, Action), "rename", "mark"]
        return {name: counts[name] for name in names} | {"unchanged": self.unchanged}


def make_plan(
    kinds: Sequence[Kind], config: Config, world: Snapshot, selection: Selection = EVERYTHING
) -> Plan:
    """
    Compare the configuration with a snapshot of Stripe, and return everything that would be done.

    This is a pure function. Raises as `compare_with` and `conclude` do.
    """
    return conclude(kinds, config, compare_with(kinds, config, world), selection)


def conclude(
    kinds: Sequence[Kind], config: Config, seen: Comparison, selection: Selection = EVERYTHING
) -> Plan:
    """
    Return the plan of the changes that a comparison has found, or of the selected ones.

    Raises ProvisionerError if the selection matches nothing.
    """
    surveyed, found = seen.inventory, seen.differences
    chosen, notes = select(found.changes, selection, {*config.declared, *surveyed.ids})
    live = {address: each for estate in surveyed.estates.values() for address, each in estate.current.items()}
    notes += flips(kinds, config, live, chosen)
    notes += likely_mistakes(kinds, config, seen.snapshot, chosen)
    whole = Differences(chosen, [*found.notes, *notes], found.replaced)
    left_out = len({c.address for c in found.changes if not c.is_upkeep} - {c.address for c in chosen})
    return replace(
        assemble(kinds, config, seen.snapshot, surveyed, whole), left_out=left_out, selection=selection
    )


def assemble(
    kinds: Sequence[Kind], config: Config, world: Snapshot, surveyed: Inventory, found: Differences
) -> Plan:
    """Put changes in order, convert them to steps, and add up their effects."""
    ordered = sorted(found.changes, key=lambda change: (change.address, change.action))
    upkeep = tuple(change for change in ordered if change.is_upkeep)
    changes = tuple(change for change in ordered if not change.is_upkeep) if upkeep else tuple(ordered)
    touched = {change.address for change in changes}
    cards = spenders(kinds, surveyed, changes)
    salt = salt_of(kinds, config.project, world)
    seals = seals_of(world, config.project, salt)
    best, salt = next(iter(seals.values())), salt or new_salt(world, config.project)
    return Plan(
        kinds=tuple(kinds),
        project=config.project,
        mode=config.mode,
        account=account_of(world),
        changes=changes,
        notes=tuple(found.notes),
        unchanged=sum(address not in touched for address in config.declared),
        ids=surveyed.ids,
        totals={kind.name: _standing(kind, config, surveyed) for kind in owned(kinds)},
        unmanaged={name: estate.unmanaged for name, estate in surveyed.estates.items()},
        blast=blast_radius({kind.name: kind for kind in kinds}, changes, cards),
        fingerprint=fingerprint(best, changes),
        seals=seals,
        config=config,
        surveyed=surveyed,
        upkeep=upkeep,
        outlook=OutlookDocument(
            balances=tuple(balances(kinds, config, world, best)),
            exposure=exposure_by_team(config, surveyed, cards),
        ),
        newest=_newest(kinds, world),
        environment=config.environment,
        salt=salt,
    )


def _newest(kinds: Sequence[Kind], world: Snapshot) -> Mapping[str, int]:
    """Return the time at which the newest object of each resource was created (Unix seconds)."""
    resources = {kind.resource for kind in kinds if kind.lists_by_time}
    listed = ((resource, found) for resource, found in world.objects.items() if resource in resources)
    newest = {resource: found[0].created for resource, found in listed if found}
    money = [kind.resource for kind in kinds if not kind.is_owned]
    return newest | dict.fromkeys(money, world.top_ups[0].created) if world.top_ups else newest


def _standing(kind: Kind, config: Config, surveyed: Inventory) -> int:
    """Return the number of objects of a kind in a project, except those that provisioner has retired."""
    current = surveyed.estates[kind.name].current
    return sum(
        a in config.declared or not is_retired(kind, live, cancel=False) for a, live in current.items()
    )


def with_changes(plan: Plan, changes: Sequence[Change]) -> Plan:
    """Return the plan with other changes, computed with all live objects in view."""
    cards = spenders(plan.kinds, plan.surveyed, changes)
    by_team = exposure_by_team(plan.config, plan.surveyed, cards)
    return replace(
        plan,
        changes=tuple(changes),
        blast=blast_radius({kind.name: kind for kind in plan.kinds}, changes, cards),
        fingerprint=fingerprint(plan.seal, changes),
        outlook=replace(plan.outlook, exposure=by_team),
    )


def blast_radius(kinds: Mapping[str, Kind], changes: Iterable[Change], found: Sequence[Spender]) -> Impact:
    """Add up what the changes move, raise and end; `found` has all cards, before and after the changes."""
    money: dict[str, int] = defaultdict(int)
    final = 0
    for change in changes:
        if change.action is Action.TOP_UP:
            money[change.params["currency"]] += change.params["amount"]
        final += is_final(kinds[change.kind], change)
    moved = tuple(Money(amount, currency) for currency, amount in sorted(money.items()))
    return Impact(moved, raised(found), activated(found), final)


def is_final(kind: Kind, change: Change) -> bool:
    """Return True if a change irreversibly ends an object."""
    canceled = change.action is Action.RETIRE and bool(change.params.get("cancel"))
    return kind.retirement.is_permanent and (canceled or change.action is Action.REPLACE)


def fingerprint(seal: Seal, changes: Iterable[Change]) -> str:
    """Return a digest, by a seal, of all changes and of the current state of their objects."""
    return "sha256:" + seal.whole([change.fingerprint for change in changes])
