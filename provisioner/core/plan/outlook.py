"""The outlook: the balances that fund the cards, and the cards' exposure before and after a plan."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import add

from provisioner.core.diff.change import Change, content, wanted
from provisioner.core.diff.top_up import funds
from provisioner.core.model.config import Config
from provisioner.core.model.resource import Address, Ref
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.ownership.inventory import Inventory
from provisioner.core.ownership.seal import Seal
from provisioner.core.plan.exposure import NO_LIMIT, PoolKey, Side, Spender, pools_touched, shares
from provisioner.core.plan.outlook_document import BalanceDocument, Power, TeamExposure
from provisioner.core.schema.kind import Kind, Role

MOST_TEAMS = 60  # the others are added up, to keep the overview short
UNKNOWN = "(unknown)"


def balances(kinds: Sequence[Kind], config: Config, world: Snapshot, seal: Seal) -> Iterator[BalanceDocument]:
    """
    Yield every balance that has a target, without hidden values.

    Configured values could be guessed from their digest, so the digest is shown only under a seal.
    """
    for kind in kinds:
        if kind.is_owned or not world.balance:
            continue
        for address in sorted(a for a in config.declared if a.section == kind.section):
            declared, have = config.declared[address], funds(world, address)
            shown = {name: n for name, n in declared.fields.items() if name not in declared.sensitive}
            target = shown.get("target")
            below = shown.get("top_up_below", target)
            yield BalanceDocument(
                currency=address.name,
                available=have.available,
                pending=have.pending,
                target=target,
                top_up_below=below,
                declared=seal(content(wanted(declared))),
            )


def exposure_by_team(
    config: Config, surveyed: Inventory, found: Sequence[Spender]
) -> tuple[TeamExposure, ...]:
    """Return the exposure before and after, by team; a cardholder's limit is divided among its cards."""
    teams, touched = Teams(config, surveyed), pools_touched(found)
    sides = [(each.address, each.before) for each in found]
    stays = _tallies(teams, sides, touched, changes=False)
    changing = found if touched else ()  # most plans touch nothing
    before = _tallies(teams, [(each.address, each.before) for each in changing], touched, changes=True)
    after = _tallies(teams, [(each.address, each.after) for each in changing], touched, changes=True)
    rows = [(at, tally, tally) for at, tally in stays.items() if at not in before and at not in after]
    for at in before.keys() | after.keys():
        there = stays.get(at, _nothing())  # the unchanged cards of a team, together with the changed ones
        rows.append((at, [*map(add, there, before[at])], [*map(add, there, after[at])]))
    return tuple(_largest(rows))


def _tallies(
    teams: "Teams",
    sides: Iterable[tuple[Address, Side | None]],
    touched: Collection[PoolKey],
    *,
    changes: bool,
) -> dict["Place", "Tally"]:
    """Add up by team either the pools that a plan changes or those that it does not change."""
    pools: dict[PoolKey, list[tuple[Address, Side]]] = defaultdict(list)
    for address, side in sides:
        if side is not None and (side.pool in touched) is changes:
            pools[side.pool].append((address, side))
    tallies: dict[Place, Tally] = defaultdict(_nothing)
    for members in pools.values():
        parts = shares([side.own for _, side in members], members[0][1].bound)
        for (address, side), share in zip(members, parts, strict=True):
            tally = tallies[teams.place(address, side.fields)]
            if share == NO_LIMIT:
                tally[1] += 1
            else:
                tally[0] += int(share)
            tally[CARDS] += side.spends
    return tallies


Place = tuple[str, str]
Tally = list[int]  # the fields of a Power while they are added up
Team = tuple[Place, Tally, Tally]
CARDS = 2


def _nothing() -> Tally:
    return [0, 0, 0]


class Teams:
    """
    Finds the team of a card: `team` in its metadata or its cardholder's, or else the cardholder's name.

    The value of `team` in Stripe is shown only if the YAML contains that team, too; otherwise it could be a
    value that is meant to be hidden.
    """

    def __init__(self, config: Config, surveyed: Inventory) -> None:
        self._declared = config.declared
        self._known = {
            team
            for each in config.declared.values()
            if (team := _team(each.fields)) and "metadata.team" not in each.sensitive
        }
        self._lives = [estate.current for estate in surveyed.estates.values()]

    def of(self, kind: Kind, change: Change) -> str:
        """Return the team of a changed card or cardholder; empty for all other kinds."""
        side = change.declared or change.live
        if kind.role is Role.HOLDER:
            return self._of_holder(Ref(change.address))
        return self.place(change.address, side.fields)[0] if kind.role is Role.SPENDER and side else ""

    def place(self, address: Address, fields: Mapping[str, object]) -> tuple[str, str]:
        """Return the team and the currency of a card."""
        holder = fields.get("cardholder")
        currency = str(fields.get("currency", "")) or UNKNOWN
        named = self._declared.get(address)
        return self._shown(named.fields if named else fields) or self._of_holder(holder), currency

    def _of_holder(self, holder: object) -> str:
        if not isinstance(holder, Ref):
            return str(holder or UNKNOWN)
        address = holder.address
        lives = (current[address] for current in self._lives if address in current)
        found = self._declared.get(address) or next(lives, None)
        return (self._shown(found.fields) if found else "") or address.name

    def _shown(self, fields: Mapping[str, object]) -> str:
        team = _team(fields)
        return team if team in self._known else ""


def _team(fields: Mapping[str, object]) -> str:
    metadata = fields.get("metadata")
    return str(metadata.get("team", "")) if isinstance(metadata, dict) else ""


def _largest(teams: list[Team]) -> list[TeamExposure]:
    """Return the largest teams first, in each currency, and all small ones as one row per currency."""
    able = [(max(_size(before), _size(after)), place, before, after) for place, before, after in teams]
    able.sort(reverse=True)
    rest: dict[str, tuple[Tally, Tally, Tally]] = defaultdict(lambda: (_nothing(), _nothing(), [0]))
    largest: list[TeamExposure] = []
    for _, place, before, after in able:
        if not before[CARDS] and not after[CARDS]:
            continue
        if len(largest) < MOST_TEAMS:
            largest.append(_exposure(*place, before, after))
            continue
        together = rest[place[1]]
        for total, part in zip(together, (before, after, (1,)), strict=True):
            total[:] = map(add, total, part)
    others = [
        _exposure(None, currency, before, after, count)
        for currency, (before, after, (count,)) in sorted(rest.items())
    ]
    return [*largest, *others]


def _exposure(team: str | None, currency: str, before: Tally, after: Tally, others: int = 0) -> TeamExposure:
    return TeamExposure(
        team=team, currency=currency, others=others, before=Power(*before), after=Power(*after)
    )


def _size(tally: Tally) -> tuple[int, int]:
    """Return the sort key of a team: the number of unlimited cards, then the sum of the limits."""
    return (tally[1], tally[0])
