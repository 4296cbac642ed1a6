"""Finds the changes that would make Stripe match the configuration; they are not ordered yet."""

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.diff.baseline import Records, attributed
from provisioner.core.diff.blocked_activation import not_activated
from provisioner.core.diff.change import OUR_OWN, Action, Change, Edit, Moved, Note, fields_after
from provisioner.core.diff.compare import additions, compare, secret_edits
from provisioner.core.diff.retire import end_object
from provisioner.core.diff.top_up import issued_in, plan_funding
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ConfigError, Problem
from provisioner.core.model.limits import METADATA_KEYS
from provisioner.core.model.resource import LOST, SECRET_TO, Address, Declared, Live, references
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.model.words import count
from provisioner.core.ownership.inventory import (
    Inventory,
    KindInventory,
    is_canceled_outside,
    is_reactivated,
    is_retired,
    take_inventory,
)
from provisioner.core.ownership.marks import field_code, value_digest
from provisioner.core.ownership.next_marks import has_room, stamp_after
from provisioner.core.ownership.reissue import reissued_for, says_self_canceled, says_used, successor
from provisioner.core.schema.field import Direction
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import at, leaves

# Seconds for which Stripe certainly repeats a response (docs.stripe.com/api/idempotent_requests: 24 hours).
# The difference allows for clocks that are wrong: after the 24 hours, Stripe would create a second object.
REPEATED = 23 * 3600
NOT_HANDED_OVER = "its secret has not been handed over yet"
NEVER_HANDED_OVER = "its secret was never handed over, and Stripe no longer repeats it"


class Differences(Struct):
    """The result of comparing a configuration with Stripe."""

    changes: list[Change] = field(default_factory=list)
    """The changes."""
    notes: list[Note] = field(default_factory=list)
    """Remarks for the reader."""
    replaced: set[Address] = field(default_factory=set)
    """The addresses that are replaced."""
    held: set[Address] = field(default_factory=set)
    """The addresses that Stripe restricts."""


class Comparison(Struct, frozen=True):
    """The result of comparing a configuration with one snapshot of Stripe."""

    snapshot: Snapshot
    """Stripe's data."""
    inventory: Inventory
    """The project's objects in the snapshot, by address."""
    differences: Differences
    """The changes that would make Stripe match the configuration, with notes."""


def compare_with(kinds: Sequence[Kind], config: Config, snapshot: Snapshot) -> Comparison:
    """
    Compare a configuration with a snapshot of Stripe.

    Raises ConflictError if objects in Stripe contradict each other, and ConfigError as `find_changes` does.
    """
    inventory = take_inventory(kinds, config, snapshot)
    return Comparison(snapshot, inventory, find_changes(kinds, config, snapshot, inventory))


def find_changes(kinds: Sequence[Kind], config: Config, world: Snapshot, surveyed: Inventory) -> Differences:
    """
    Return all differences between the configuration and Stripe, in the order of the kinds' ranks.

    Raises ConfigError if the configuration has the id of an object of this project instead of its name.
    """
    _refuse_own_ids(kinds, config, surveyed)
    found = Differences()
    in_order = sorted(config.declared)
    for kind in sorted(kinds, key=lambda kind: kind.rank):
        wanted = [config.declared[a] for a in in_order if a.section == kind.section]
        if kind.is_owned:
            _find_objects(found, Records(kind, config.project), wanted, surveyed, world.now)
        else:
            top_ups, notes = plan_funding(kind, config.project, wanted, world)
            found.changes += top_ups
            found.notes += notes
    found.notes += _cut_off(kinds, config, surveyed, found.changes)
    found.notes += _missing_requirements(kinds, world, found)
    if found.held:
        lives = {a: live for estate in surveyed.estates.values() for a, live in estate.current.items()}
        found.changes, notes = not_activated(kinds, found.changes, found.held, lives)
        found.notes += notes
    found.notes += _unheard(kinds, found)
    found.notes += _not_issued(kinds, world, found)
    found.notes += _of_others(kinds, config, world, found.changes)
    return found


def _refuse_own_ids(kinds: Sequence[Kind], config: Config, surveyed: Inventory) -> None:
    """
    Raise ConfigError for ids of the project's own objects: after a replacement, they would never match
    again.
    """
    refs = [(kind.section, field.name) for kind in kinds for field in kind.fields if field.refers_to]
    ours = {
        (address, name): surveyed.ever[identity]
        for address, declared in config.declared.items()
        for section, name in refs
        if address.section == section
        and isinstance(identity := declared.fields.get(name), str)
        and identity in surveyed.ever
    }
    if ours:
        raise ConfigError(
            [
                Problem(
                    config.declared[address].where,
                    str(address),
                    f"{name!r} is the id of {there}, which this project manages; "
                    f"use its name instead: {there.name}",
                )
                for (address, name), there in sorted(ours.items())
            ]
        )


def _of_others(
    kinds: Sequence[Kind], config: Config, world: Snapshot, changes: Sequence[Change]
) -> Iterator[Note]:
    """Yield notes on addresses to create that other projects already have, as after renaming a project."""
    wanted = {change.address for change in changes if change.action is Action.CREATE}
    owners: Counter[str] = Counter()
    spending: set[str] = set()
    for kind in kinds if wanted else ():
        for each in world.objects.get(kind.resource, ()):
            owner = each.ownership
            if not owner or owner.project == config.project or owner.address not in wanted:
                continue
            if not kind.retirement.is_final(each.fields):
                owners[owner.project] += 1
                is_active = kind.spending and each.fields.get("status") == "active"
                spending |= {owner.project} if is_active else set()
    for name, number in sorted(owners.items()):
        belong = "belongs" if number == 1 else "belong"
        spend = " and can still spend" if name in spending else ""
        text = f"{number} of these addresses {belong} to project {name!r} in Stripe"
        yield Note("", f"{text}. Its objects will not be changed{spend}. Was the project renamed?")


def _cut_off(
    kinds: Sequence[Kind], config: Config, surveyed: Inventory, changes: Sequence[Change]
) -> Iterator[Note]:
    """
    Yield notes on objects that are kept, but cannot be used after the objects that they refer to have
    ended.
    """
    can_end = {kind.name for kind in kinds if kind.retirement.deactivate}
    ends = (change for change in changes if change.action in (Action.RETIRE, Action.REPLACE))
    ended = {change.address for change in ends if change.kind in can_end}
    for estate in surveyed.estates.values() if ended else ():
        for address, live in sorted(estate.current.items()):
            others = references(live.fields) & ended
            if others and address not in config.declared and address not in ended and live.status == "active":
                names = ", ".join(str(other) for other in sorted(others))
                yield Note(str(address), f"is kept, but cannot be used after {names} is deactivated")


def _missing_requirements(kinds: Sequence[Kind], world: Snapshot, found: Differences) -> Iterator[Note]:
    """Yield notes on objects that Stripe will restrict after creation, because requirements are not met."""
    by_name, country = {kind.name: kind for kind in kinds}, str(world.account.get("country") or "")
    for change in found.changes:
        if change.declared is None or change.action not in (Action.CREATE, Action.REPLACE):
            continue
        if text := by_name[change.kind].missing_requirements(change.declared.fields, country).says():
            found.held.add(change.address)
            yield Note(str(change.address), text)


def _unheard(kinds: Sequence[Kind], found: Differences) -> Iterator[Note]:
    """Yield notes on objects to create whose secret has no destination."""
    with_secrets = {kind.name for kind in kinds if kind.secret}
    for change in found.changes if with_secrets else ():
        is_new = change.kind in with_secrets and change.action in (Action.CREATE, Action.REPLACE)
        if is_new and change.declared and change.declared.secret_to is None:
            text = f"without {SECRET_TO}, its secret is lost, because Stripe shows it only once"
            yield Note(str(change.address), text)


def _not_issued(kinds: Sequence[Kind], world: Snapshot, found: Differences) -> Iterator[Note]:
    """Yield notes on objects to create in a currency in which the account's country does not issue cards."""
    by_name, own = {kind.name: kind for kind in kinds if kind.spending}, issued_in(world.account)
    others: Counter[tuple[str, str]] = Counter()
    for change in found.changes:
        if change.declared and change.action in (Action.CREATE, Action.REPLACE) and change.kind in by_name:
            currency = by_name[change.kind].currency(change.address, change.declared.fields)
            others[change.kind, currency or own] += 1
    for (kind, currency), number in sorted(others.items()):
        if own not in ("", currency):
            refused = f"Stripe will reject {count(number, kind)} in {currency.upper()}"
            yield Note("", f"{refused}: an account in {world.account['country']} issues in {own.upper()}")


def _find_objects(
    found: Differences, records: Records, wanted: Sequence[Declared], inventory: Inventory, now: int
) -> None:
    kind = records.kind
    estate = inventory.estates[kind.name]
    for declared in wanted:
        live = estate.current.get(declared.address)
        if live is not None and live.matches is declared and not references(live.fields) & found.replaced:
            continue
        if live is not None:
            _compare(found, records, declared, live, inventory, now)
        elif (ended := estate.self_canceled.get(declared.address)) and not reissued_for(declared, ended):
            # a new one is created only on request
            found.notes.append(Note(str(declared.address), says_self_canceled(ended)))
        else:
            found.changes.append(_creation(kind, declared, estate, found.replaced))
    names = {declared.address for declared in wanted}
    for address in sorted(estate.current.keys() - names):
        live = estate.current[address]
        cancel = live.stamp.on_remove == "cancel"  # the setting recorded on the object
        if live.stamp.on_remove != "keep" and not is_retired(kind, live, cancel=cancel):
            is_back = is_reactivated(kind, live)
            reason = "no longer in the configuration"
            reason = f"activated outside of provisioner, and {reason}" if is_back else reason
            retirement = end_object(kind, live.address, live, reason, cancel=cancel)
            found.changes.append(replace(retirement, moved=Moved.LIVE) if is_back else retirement)
        elif live.stamp.on_remove != "keep" and not kind.retirement.can_end:
            text = f"is no longer in the configuration, but stays: Stripe cannot delete a {kind.name}"
            found.notes.append(Note(str(address), text))
    for left in estate.leftovers:
        reason = "left over from an interrupted replacement"
        found.changes.append(end_object(kind, left.address, left, reason, cancel=True))


def _creation(
    kind: Kind, declared: Declared, estate: KindInventory, replaced: AbstractSet[Address]
) -> Change:
    last = estate.last.get(declared.address)
    reason, is_outside = "not in Stripe yet", False
    if last:
        why, is_outside = reissued_for(declared, last), is_canceled_outside(kind, declared, last)
        how = "was canceled outside of provisioner" if is_outside else "is canceled"
        reason = f"the previous {kind.name} {how}"
        reason = f"reissue: {why}; {reason}" if why else reason
    return Change(
        Action.CREATE,
        declared.address,
        kind.name,
        reason,
        edits=additions(kind, declared),
        declared=declared,
        generation=estate.next_generation(declared.address),
        follows=last.id if last else "",
        params=successor(kind, declared, last, replaced) if last else {},
        reissued=last.stamp.reissued if last else 0,
        moved=Moved.LIVE if is_outside else Moved.UNKNOWN,
    )


def _compare(
    found: Differences, records: Records, declared: Declared, live: Live, inventory: Inventory, now: int
) -> None:
    kind = records.kind
    edits, notes = compare(kind, declared, live, found.replaced)
    edits = tuple(attributed(kind, declared, live, edits, inventory))
    is_due = bool(live.stamp.secret and declared.secret_to)
    if is_due:
        edits += _secret_edits(declared, live, edits, now)
    found.notes += notes
    found.notes += _remarks(kind, declared, live)
    if used := says_used(kind, declared, live):
        found.notes.append(Note(str(declared.address), used, pending=True))
    why = reissued_for(declared, live)
    forcing = [edit.path for edit in edits if edit.forces_replacement]
    if forcing and kind.held_by_stripe(live.fields):  # a replacement would circumvent the restriction
        text = f"is {live.status}, which only Stripe can change; not replaced to change {', '.join(forcing)}"
        found.notes.append(Note(str(declared.address), text))
    elif forcing or why:
        reason = _why_replaced(why, forcing)
        generation = inventory.estates[kind.name].next_generation(declared.address, live)
        change = Change(
            Action.REPLACE, declared.address, kind.name, reason, edits, declared, live, generation
        )
        params = successor(kind, declared, live, found.replaced)
        change = change if is_due else replace(change, edits=(*edits, *secret_edits(declared)))
        lost = tuple(_loosened(kind, change, declared, live))
        found.changes.append(replace(change, follows=live.id, params=params, loosened=lost))
        found.replaced.add(declared.address)
    elif is_due:
        found.changes.append(
            Change(Action.UPDATE, declared.address, kind.name, NOT_HANDED_OVER, edits, declared, live)
        )
    elif edits or (edits := records.to_mark(declared, live)):
        _update(found, kind, declared, live, edits)
    brought = [edit.path for edit in edits if edit.after is not None]
    wants = live.outstanding.says(brought) if live.outstanding else ""
    if wants and declared.address not in found.replaced:
        found.held.add(declared.address)
        found.notes.append(Note(str(declared.address), wants))


def _why_replaced(reissued: str, forcing: Sequence[str]) -> str:
    fields = [path for path in forcing if not path.startswith(SECRET_TO)]
    reasons = [f"reissue: {reissued}"] if reissued else []
    reasons += [f"Stripe cannot change {', '.join(fields)} in place"] if fields else []
    reasons += [NEVER_HANDED_OVER] if len(fields) < len(forcing) else []
    return "; ".join(reasons)


def _secret_edits(declared: Declared, live: Live, edits: Sequence[Edit], now: int) -> tuple[Edit, ...]:
    """
    Return the edit of a secret that was not handed over, because the run was killed or the command failed.

    Stripe repeats its response to a creation for a day if the request is exactly the same. After that, or
    once the configuration has changed, only a new object has a secret.
    """
    is_late = bool(now) and now >= live.created + REPEATED
    anew = is_late or bool(edits) or live.stamp.secret == LOST
    return secret_edits(declared, forces_replacement=anew)


def _loosened(kind: Kind, change: Change, declared: Declared, live: Live) -> Iterator[str]:
    """Yield the paths of restrictions in Stripe that no edit shows, and that a new object will not have."""
    told = {edit.path.partition("[")[0] for edit in change.edits}
    after = fields_after(kind, change)
    for path, leaf, value in leaves(kind.fields, live.fields):
        is_loosened = path not in told and leaf.direction(value, at(after, path)) is Direction.BROADENING
        is_default = value in (leaf.default, *leaf.server_defaults)
        if is_loosened and (declared.lifecycle.ignores(path) or not is_default):
            yield path


def _update(found: Differences, kind: Kind, declared: Declared, live: Live, edits: tuple[Edit, ...]) -> None:
    own = all(edit.path.startswith(OUR_OWN) for edit in edits)
    if own and not has_room(declared, live, stamp_after(kind, declared, live)):
        # changes by others must not be blocked by full metadata
        paths = ", ".join(edit.path for edit in edits)
        full = f"its metadata already has {METADATA_KEYS} keys, the most that Stripe allows"
        text = f"{paths}: cannot be recorded on the object, because {full}; remove one of them in Stripe"
        found.notes.append(Note(str(declared.address), text, pending=True))
        return
    reason = "ownership metadata only" if own else _why_updated(edits)
    change = Change(Action.UPDATE, declared.address, kind.name, reason, edits, declared, live)
    found.changes.append(change)
    if change.is_upkeep:
        paths = ", ".join(path for edit in edits for path in edit.after)
        text = (
            f"{paths} was changed in Stripe, and the configuration now says the same; an apply records that"
        )
        found.notes.append(Note(str(declared.address), text))


def _why_updated(edits: Sequence[Edit]) -> str:
    sides = {edit.moved for edit in edits}
    if sides == {Moved.LIVE}:
        return "changed outside of provisioner"
    if sides <= {Moved.YAML}:
        return "configuration changed"
    if sides == {Moved.UNKNOWN}:
        return "differs from the configuration"
    return "changed in the configuration and outside of provisioner"


def _remarks(kind: Kind, declared: Declared, live: Live) -> Iterator[Note]:
    """Yield notes on the state of an object that no change is about."""
    if live.remark:
        yield Note(str(declared.address), live.remark)
    if declared.lifecycle.ignore:
        for name, end in kind.retirement.deactivate.items():  # configured again, but its status is ignored
            field = kind.field(name)
            ours = live.stamp.applied.get(field_code(name)) == value_digest(
                live.stamp.project, name, field, end
            )
            wanted = declared.fields.get(name, field.default)
            if declared.lifecycle.ignores(name) and ours and live.fields.get(name) == end != wanted:
                text = (
                    f"stays {end}: provisioner deactivated it earlier, and {name!r} is in lifecycle.ignore. "
                    f"Set it to {wanted} in Stripe, or remove {name!r} from 'ignore'"
                )
                yield Note(str(declared.address), text, pending=True)
