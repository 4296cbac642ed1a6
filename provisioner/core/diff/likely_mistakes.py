"""Notes on likely mistakes in a plan, each with the command or the YAML that fixes it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioner.core.diff.change import OUR_OWN, Action, Change, Note, content, fields_after
from provisioner.core.diff.compare import compare
from provisioner.core.model.config import Config
from provisioner.core.model.limits import DEFAULT_A_DAY
from provisioner.core.model.resource import Address, Declared, Live, Ref
from provisioner.core.model.snapshot import Observed, Snapshot
from provisioner.core.ownership.matching import is_named
from provisioner.core.schema.field import OnChange, Shape
from provisioner.core.schema.kind import Kind, Role, owned
from provisioner.core.schema.normal_form import at, leaves

MOST = 10  # the most notes of one sort; nobody reads more of them one by one
MOST_ALIKE = 20  # more resources with equal values are not matched with each other


def likely_mistakes(
    kinds: Sequence[Kind], config: Config, world: Snapshot, changes: Sequence[Change]
) -> Iterator[Note]:
    """
    Yield notes on unmanaged twins, renames, two resources for one person, lost scenarios and removed limits.

    A note is about the plan's changes, so it does not appear in every plan. A scenario without its card is an
    exception, because it fails until somebody fixes it.
    """
    renamed = _renamed(kinds, changes)
    yield from _first(
        _twins(kinds, world, changes), "unmanaged objects; `provisioner import --all` imports what matches"
    )
    yield from _first(_renames(renamed), "resources that look renamed")
    yield from _first(_same_person(kinds, config, changes), "cardholders that are declared twice")
    yield from _first(_lost_scenarios(config, renamed), "scenarios without their card")
    yield from _first(_cleared_limits(kinds, changes), "cards whose limits are removed")


def _first(notes: Iterator[Note], more: str) -> Iterator[Note]:
    """Yield the first few notes, and one that counts the rest."""
    every = [*notes]
    yield from every[:MOST]
    if len(every) > MOST:
        yield Note("", f"and {len(every) - MOST:,} more {more}")


def _twins(kinds: Sequence[Kind], world: Snapshot, changes: Sequence[Change]) -> Iterator[Note]:
    """Yield notes on unmanaged objects with the same name as one that is to be created."""
    created = [change.declared for change in changes if change.action is Action.CREATE and change.declared]
    for kind in kinds if created else ():
        name = kind.named_by[0]
        if not any(field.name == name for field in kind.fields):
            continue
        unmanaged: dict[Any, list[Observed]] = defaultdict(list)
        for each in world.objects.get(kind.resource, ()):
            if not each.project and not kind.retirement.is_final(each.fields):
                unmanaged[each.fields.get(name)].append(each)
        for declared in created if unmanaged else ():
            alike = unmanaged.get(declared.fields.get(name), ())
            same = declared.address.section == kind.section
            if ids := [each.id for each in alike if same and is_named(kind, declared, each.fields)]:
                both = " and e-mail address" if "email" in declared.fields else ""
                text = f"Stripe has an unmanaged {kind.name} with the same {name}{both}"
                yield Note(
                    str(declared.address),
                    f"{text} ({', '.join(ids)}). If it is the same one, run "
                    f"`provisioner import {declared.address} {ids[0]}` instead of creating another",
                )


def _renamed(kinds: Sequence[Kind], changes: Sequence[Change]) -> dict[Address, Address]:
    """
    Map created addresses to the retired ones that they seem to rename, judged by the values of both.

    Resources with equal values are matched only if as many are created as are retired.
    """
    renamed: dict[Address, Address] = {}
    if not any(change.action is Action.RETIRE for change in changes):
        return renamed
    for kind in owned(kinds):
        created: dict[str, list[Declared]] = defaultdict(list)
        retired: dict[str, list[Live]] = defaultdict(list)
        for change in changes:
            if change.kind != kind.name:
                continue
            if change.action is Action.RETIRE and change.live:
                retired[_identity(kind, change.live.fields, {})].append(change.live)
            elif change.action is Action.CREATE and change.declared:
                created[_identity(kind, change.declared.fields, renamed)].append(change.declared)
        for key in created.keys() & retired.keys():
            if len(created[key]) == len(retired[key]) <= MOST_ALIKE:
                renamed |= _matched(kind, created[key], retired[key])
    return renamed


def _identity(kind: Kind, fields: Mapping[str, Any], renamed: Mapping[Address, Address]) -> str:
    """Return a digest of the values that identify an object: if they change, it is another object."""
    named = [fields.get(name, kind.field(name).default) for name in _fixed(kind)]
    return content(
        [renamed.get(each.address, each.address) if isinstance(each, Ref) else each for each in named]
    )


def _fixed(kind: Kind) -> list[str]:
    return [field.name for field in kind.fields if field.on_change is OnChange.REPLACE and field.exported]


def _matched(kind: Kind, created: Sequence[Declared], retired: Sequence[Live]) -> dict[Address, Address]:
    """Return a retired address for each created one, or nothing if one of them has no counterpart."""
    found: dict[Address, Address] = {}
    left = [*retired]
    for declared in created:
        match = next((live for live in left if _is_alike(kind, declared, live)), None)
        if match is None:
            return {}
        left.remove(match)
        found[declared.address] = match.address
    return found


def _is_alike(kind: Kind, declared: Declared, live: Live) -> bool:
    """Return True if name and email are equal or, for a kind without names, if all values are equal."""
    if kind.role is Role.HOLDER:
        return is_named(kind, declared, live.fields)
    edits, _ = compare(kind, declared, live)
    same = ("status", *_fixed(kind))
    return all(edit.path in same or edit.path.startswith(OUR_OWN) for edit in edits)


def _renames(renamed: Mapping[Address, Address]) -> Iterator[Note]:
    for new, old in sorted(renamed.items()):
        yield Note(
            str(new),
            f"looks like {old} under another name. If this is a rename, add "
            f"`lifecycle: {{previously: [{old.name}]}}`; then the object in Stripe stays",
        )


def _same_person(kinds: Sequence[Kind], config: Config, changes: Sequence[Change]) -> Iterator[Note]:
    """
    Yield notes on two resources for one person, if a change makes them so.

    A value that more than two resources share, such as a mailbox, does not identify a person.
    """
    for kind in kinds:
        fresh: dict[Address, list[tuple[str, ...]]] = {}
        for change in changes:
            if change.kind == kind.name and change.declared:
                had = {*kind.identities(change.live.fields)} if change.live else set()
                fresh[change.address] = [i for i in kind.identities(change.declared.fields) if i not in had]
        shared: dict[tuple[str, ...], list[Address]] = defaultdict(list)
        for address, declared in config.declared.items() if any(fresh.values()) else ():
            for identity in kind.identities(declared.fields) if address.section == kind.section else ():
                shared[identity].append(address)
        told: set[Address] = set()
        for address in sorted(fresh, reverse=True):
            for identity in fresh[address]:
                other = next((each for each in shared[identity] if each != address), None)
                if other is None or len(shared[identity]) != 2 or address in told:  # noqa: PLR2004 - two
                    continue
                told |= {address, other}
                yield Note(
                    str(address),
                    f"has the same {identity[0]} as {other}. If both are the same {kind.name}, set "
                    f"`{kind.name}: {other.name}` on the cards of {address}, and remove {address}",
                )


def _lost_scenarios(config: Config, renamed: Mapping[Address, Address]) -> Iterator[Note]:
    """
    Yield notes on scenarios whose card is not in the configuration, with the card's new name if it was
    renamed.
    """
    names = {old: new for new, old in renamed.items()}
    for address, declared in config.declared.items() if config.scenarios else ():
        names |= {Address(address.section, old): address for old in declared.lifecycle.previously}
    for scenario in config.scenarios:
        if scenario.card not in config.declared:
            now = names.get(scenario.card)
            fix = f"Set `card: {now.name}`" if now else "Set `card` to another card, or remove the scenario"
            text = f"{scenario.card} is not in the configuration, so this scenario cannot pass. {fix}"
            yield Note(f"scenarios.{scenario.name}", text)


def _cleared_limits(kinds: Sequence[Kind], changes: Sequence[Change]) -> Iterator[Note]:
    """
    Yield notes on cards that lose their limits: whether Stripe's default then applies is not documented
    [?].
    """
    by_name = {kind.name: kind for kind in kinds if kind.spending}
    for change in changes:
        kind = by_name.get(change.kind)
        if kind is None or change.action is not Action.UPDATE or change.live is None:
            continue
        after = fields_after(kind, change)
        for path, field, had in leaves(kind.fields, change.live.fields):
            is_limited = field.shape is Shape.TABLE and had not in field.server_defaults
            if field.server_defaults and is_limited and not at(after, path):
                yield Note(
                    str(change.address),
                    f"is left without a limit. Its exposure is based on Stripe's default of {DEFAULT_A_DAY} "
                    "per day, but Stripe does not document that the default applies again; to be sure, "
                    f"set `{path}`",
                )
