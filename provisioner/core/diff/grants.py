"""Grants in plans: notes, reasons, and the changes that take back the values of ended grants."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from provisioner.core.diff.baseline import attributed
from provisioner.core.diff.change import Action, Change, Note
from provisioner.core.diff.compare import compare
from provisioner.core.diff.find import Comparison
from provisioner.core.model.config import Config
from provisioner.core.model.grant import Grant
from provisioner.core.model.resource import Address, Declared, Lifecycle, Live
from provisioner.core.ownership.inventory import Inventory
from provisioner.core.schema.field import Direction
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import at, leaves

NAMED = 3  # the most addresses that a note names


def _notes(kinds: Sequence[Kind], config: Config, surveyed: Inventory) -> Iterator[Note]:
    late = {change.address for change in overdue(kinds, config, surveyed)}
    for grant in config.grants:
        why = f" ({grant.reason})" if grant.reason else ""
        if left := late & grant.addresses if grant.has_ended(config.now) else set():
            text = f"ended {grant.end}{why}, but the values that it gave to {_few(left)} are still in Stripe"
            how = "apply this plan, or run `provisioner apply --expired-grants`"
            yield Note(grant.address, f"{text}; {how}", pending=True)
        elif grant.has_ended(config.now):
            yield Note(grant.address, f"ended {grant.end}{why}; remove it from the configuration")
        elif grant.holds(config.now):
            what, whom = " and ".join(grant.power), _few(grant.addresses)
            also = {each.address for each in config.grants if each.holds(config.now) and each.overlaps(grant)}
            widest = f"; where it overlaps {_few(also)}, the widest counts" if also else ""
            yield Note(grant.address, f"until {grant.end}, it gives {what} to {whom}{why}{widest}")


def _few(addresses: Collection[Address | str]) -> str:
    names = sorted(str(address) for address in addresses)
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    return " and ".join(filter(None, [", ".join(names[:NAMED]), *more]))


def with_grants(kinds: Sequence[Kind], config: Config, found: Comparison) -> Comparison:
    """Return a comparison with notes and reasons that explain each grant: its values, resources, and end."""
    if not config.now:
        return found
    differences = replace(
        found.differences,
        changes=[*_with_reasons(config, found.differences.changes)],
        notes=[*found.differences.notes, *_notes(kinds, config, found.inventory)],
    )
    return replace(found, differences=differences)


def _with_reasons(config: Config, changes: Sequence[Change]) -> Iterator[Change]:
    by_address: dict[Address, list[Grant]] = defaultdict(list)
    for grant in config.grants:
        for address in grant.addresses if grant.begin <= config.now else ():
            by_address[address].append(grant)
    for change in changes:
        said = [
            f"{grant.address} {'ended' if grant.has_ended(config.now) else 'holds until'} {grant.end}"
            for grant in by_address.get(change.address, ())
            if change.action in (Action.CREATE, Action.UPDATE, Action.REPLACE)
        ]
        yield replace(change, reason="; ".join([change.reason, *said])) if said else change


def overdue(kinds: Sequence[Kind], config: Config, surveyed: Inventory) -> Iterator[Change]:
    """
    Yield the updates that take back the values of ended grants, and nothing else.

    Values that the grants did not set do not change. An update that would raise spending, because somebody
    lowered a value in Stripe, is left out.
    """
    ended: dict[Address, list[Grant]] = defaultdict(list)
    for grant in config.grants:
        for address in grant.addresses & config.declared.keys() if grant.has_ended(config.now) else ():
            ended[address].append(grant)
    by_section = {kind.section: kind for kind in kinds}
    for address, grants in sorted(ended.items()):
        kind = by_section[address.section]
        live = surveyed.estates[kind.name].current.get(address)
        if live is None:
            continue
        declared = _only(kind, config.declared[address], live, grants)
        edits, _ = compare(kind, declared, live)
        edits = tuple(attributed(kind, declared, live, edits, surveyed))
        if edits and {edit.direction for edit in edits} == {Direction.TIGHTENING}:
            said = "; ".join(f"{grant.address} ended {grant.end}" for grant in grants)
            yield Change(Action.UPDATE, address, kind.name, said, edits, declared, live)


def values_for_a_while(
    kinds: Sequence[Kind], config: Config, surveyed: Inventory
) -> Mapping[str, Sequence[str]]:
    """
    Return a text for each value that is in Stripe because of a grant in force, by the address of its
    resource.
    """
    by_section, texts = {kind.section: kind for kind in kinds}, defaultdict(list)
    for grant in config.grants:
        for address in sorted(grant.addresses & config.lasting.keys()) if grant.holds(config.now) else ():
            kind, lasting = by_section[address.section], config.lasting[address].fields
            if (live := surveyed.estates[kind.name].current.get(address)) is None:
                continue
            for path in sorted(_given(kind, lasting, grant)):
                if at(live.fields, path) == at(config.declared[address].fields, path) != at(lasting, path):
                    texts[str(address)].append(f"{path}: from {grant.address}, until {grant.end}")
    return texts


def _given(kind: Kind, fields: Mapping[str, Any], grant: Grant) -> set[str]:
    """Return the paths of the values that a grant changes in the fields of a resource."""
    given = kind.spending.granted(fields, grant.power) if kind.spending else fields
    there = {path: value for path, _, value in leaves(kind.fields, fields)}
    return {path for path, _, value in leaves(kind.fields, given) if there.get(path) != value}


def _only(kind: Kind, declared: Declared, live: Live, grants: Sequence[Grant]) -> Declared:
    """Return a resource that ignores every field except those that grants have set."""
    given = {path for grant in grants for path in _given(kind, declared.fields, grant)}
    others = {field.name for field in kind.fields if not field.owned_whole}
    others |= {
        f"{field.name}.{sub.name}" for field in kind.fields if field.owned_whole for sub in field.fields
    }
    others -= given
    as_recorded = Lifecycle(
        protect=live.stamp.protect, on_remove=live.stamp.on_remove, ignore=frozenset(others)
    )
    return replace(declared, address=live.address, lifecycle=as_recorded)
