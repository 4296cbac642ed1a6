"""The controls of cards and cardholders after a plan, by which past purchases are judged."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from provisioner.core.diff.change import Action, Change, fields_after
from provisioner.core.model.config import Config
from provisioner.core.model.limits import default_limit
from provisioner.core.model.resource import Address, Declared, Live
from provisioner.core.ownership.inventory import KindInventory
from provisioner.core.plan.outlook import Teams
from provisioner.core.plan.plan import Plan
from provisioner.core.purchases.generate import hides
from provisioner.core.purchases.past import PastControls
from provisioner.core.purchases.planned import Planned, PlannedControls
from provisioner.core.purchases.rules import CONTROLS
from provisioner.core.schema.in_force import in_force
from provisioner.core.schema.kind import Kind, Role

PARTS = ("status", "spending_controls", "lifecycle_controls")


def planned_controls(kinds: Sequence[Kind], plan: Plan) -> Planned:
    """
    Return the controls of the project's cards and cardholders after the plan, by Stripe's id.

    All objects that ever had an address get its controls, so that purchases on a replaced card are judged,
    too. Objects that stay retired are not included: they keep their controls.
    """
    by_role = {kind.role: kind for kind in kinds if kind.role in (Role.HOLDER, Role.SPENDER)}
    times = sorted({time for grant in plan.config.grants for time in (grant.begin, grant.until)})
    by_time = {time: in_force(kinds, plan.config, time).declared for time in (0, *times)}
    return Planned(
        cards=dict(_of_kind(by_role[Role.SPENDER], plan, by_time)),
        holders=dict(_of_kind(by_role[Role.HOLDER], plan, by_time)),
    )


def _of_kind(
    kind: Kind, plan: Plan, by_time: Mapping[int, Mapping[Address, Declared]]
) -> Iterator[tuple[str, PlannedControls]]:
    estate, teams = plan.surveyed.estates[kind.name], Teams(plan.config, plan.surveyed)
    changes = {change.address: change for change in plan.changes if change.kind == kind.name}
    for address, ids in estate.past.items():
        change, live = changes.get(address), estate.current.get(address)
        retired = change is not None and change.action is Action.RETIRE
        if not retired and address not in plan.config.declared:
            continue
        fields = _fields(kind, change, live or _used_up(estate, plan.config, address))
        if fields is None:
            continue
        controls = PlannedControls(
            str(address),
            tuple(_timeline(plan.config, by_time, address, fields)),
            teams.place(address, fields)[0] if kind.role is Role.SPENDER else "",
            retired,
            _is_hidden(kind, plan.config, address),
        )
        yield from ((identity, controls) for identity in ids)


def _fields(kind: Kind, change: Change | None, live: Live | None) -> Mapping[str, Any] | None:
    """Return the fields of the object at an address after the plan; None if there will not be one."""
    if change is not None:
        fields = fields_after(kind, change)
        return _with_default(fields) if change.action in (Action.CREATE, Action.REPLACE) else fields
    return live.fields if live else None


def _with_default(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields of a new card, with Stripe's default limit if it has no other."""
    controls = fields.get(CONTROLS) or {}
    if "currency" not in fields or controls.get("spending_limits"):
        return fields
    limits = (default_limit(str(fields["currency"])),)
    return {**fields, CONTROLS: {**controls, "spending_limits": limits}}


def _used_up(estate: KindInventory, config: Config, address: Address) -> Live | None:
    """Return the last object of an address if it ended by its own fields, as configured."""
    declared, last = config.declared.get(address), estate.last.get(address)
    if declared is None or last is None:
        return None
    return replace(last, fields={**last.fields, **declared.fields})


def _is_hidden(kind: Kind, config: Config, address: Address) -> bool:
    declared = config.declared.get(address)
    if declared is None:
        return False
    if kind.role is Role.SPENDER:
        return hides(address, config.declared)
    return any(path.startswith("spending_controls") for path in declared.sensitive)


def _timeline(
    config: Config,
    by_time: Mapping[int, Mapping[Address, Declared]],
    address: Address,
    fields: Mapping[str, Any],
) -> Iterator[PastControls]:
    """Yield the controls from the beginning on, and again at each time at which a grant begins or ends."""
    grants = [grant for grant in config.grants if address in grant.addresses]
    for since in sorted({0, *(time for grant in grants for time in (grant.begin, grant.until))}):
        declared = by_time[since][address].fields if grants else {}
        after = {**fields, **declared}
        yield PastControls(since, {name: after[name] for name in PARTS if name in after})
