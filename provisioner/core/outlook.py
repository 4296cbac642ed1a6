"""The outlook: what stands behind the cards and what they may spend, before a plan and after it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from provisioner.core.change import Action, Change
from provisioner.core.estate import Survey
from provisioner.core.funding import funds
from provisioner.core.kind import Kind
from provisioner.core.model import Address, Config, Live, Ref, World

MOST_TEAMS = 60  # the rest are added up: an overview of more is none
UNKNOWN = "(unknown)"


@dataclass(frozen=True, slots=True)
class Balance:
    """One currency of the Issuing balance in minor units; `target` is None where it must not be shown."""

    currency: str
    available: int
    pending: int
    target: int | None
    top_up_below: int | None


@dataclass(frozen=True, slots=True)
class Power:
    """What some cards may spend in a month: `amount` of those with a limit, `unlimited` without one."""

    amount: int = 0
    unlimited: int = 0
    cards: int = 0

    def with_card(self, bound: int | None) -> "Power":
        """The same and one more card; one that may spend nothing is no card here."""
        if bound == 0:
            return self
        return self + Power(bound or 0, int(bound is None), 1)

    def __add__(self, other: "Power") -> "Power":
        return Power(self.amount + other.amount, self.unlimited + other.unlimited, self.cards + other.cards)

    @property
    def size(self) -> tuple[int, int]:
        """What sorts it."""
        return (self.unlimited, self.amount)


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a team's cards may spend in a month, by their own limits; `others` teams are put together."""

    team: str
    currency: str
    before: Power
    after: Power
    others: int = 0


@dataclass(frozen=True, slots=True)
class Outlook:
    """The balances with a target, and the exposure by team, largest first."""

    balances: tuple[Balance, ...] = ()
    exposure: tuple[Exposure, ...] = ()


def outlook(
    kinds: Sequence[Kind], config: Config, world: World, surveyed: Survey, changes: Sequence[Change]
) -> Outlook:
    """Add up the balances, and what cards may spend before and after the changes."""
    return Outlook(tuple(_balances(kinds, config, world)), tuple(_exposure(kinds, config, surveyed, changes)))


def _balances(kinds: Sequence[Kind], config: Config, world: World) -> Iterator[Balance]:
    for kind in kinds:
        if kind.owns_objects or not world.balance:
            continue
        for address in sorted(a for a in config.declared if a.section == kind.section):
            declared, have = config.declared[address], funds(world, config.project, address)
            shown = {name: n for name, n in declared.fields.items() if name not in declared.sensitive}
            target = shown.get("target")
            below = shown.get("top_up_below", target)
            yield Balance(address.name, have.available, have.pending, target, below)


def _exposure(
    kinds: Sequence[Kind], config: Config, surveyed: Survey, changes: Sequence[Change]
) -> list[Exposure]:
    teams = _Teams(config, surveyed)
    before: dict[tuple[str, str], Power] = defaultdict(Power)
    after: dict[tuple[str, str], Power] = defaultdict(Power)
    for kind in kinds:
        if kind.exposure is None:
            continue
        moved = {(c.address, c.id): c for c in changes if c.kind == kind.name}
        lives = [*surveyed.estates[kind.name].current.values(), *surveyed.estates[kind.name].leftovers]
        for live in lives:
            change = moved.pop((live.address, live.id), None)
            place = teams.place(live.address, live.fields)
            before[place] = before[place].with_card(kind.exposure(live.fields))
            _add_after(kind, teams, after, change, live)
        for change in moved.values():
            if change.live:
                place = teams.place(change.address, change.live.fields)
                before[place] = before[place].with_card(kind.exposure(change.live.fields))
            _add_after(kind, teams, after, change, change.live)
    rows = [Exposure(*place, before[place], after[place]) for place in before.keys() | after.keys()]
    return _largest([row for row in rows if row.before.cards or row.after.cards])


def _add_after(
    kind: Kind,
    teams: "_Teams",
    after: dict[tuple[str, str], Power],
    change: Change | None,
    live: Live | None,
) -> None:
    if kind.exposure is None or (change and change.action is Action.RETIRE):
        return
    fields = dict(live.fields) if live else {}
    if change and change.declared and change.action is not Action.ADOPT:
        fields |= change.declared.fields
    address = change.address if change else live.address if live else Address("", UNKNOWN)
    place = teams.place(address, fields)
    after[place] = after[place].with_card(kind.exposure(fields))


class _Teams:
    """
    Finds the team of a card: its own metadata's `team`, else its holder's, else the holder's name.

    What Stripe has under `team` is shown only where the YAML names that team too: else it could be a
    value that was meant to be hidden.
    """

    def __init__(self, config: Config, surveyed: Survey) -> None:
        self._declared = {address: each.fields for address, each in config.declared.items()}
        self._known = {
            str(team)
            for each in config.declared.values()
            if "metadata.team" not in each.sensitive and (team := _team(each.fields))
        }
        self._lives = {
            address: live.fields
            for estate in surveyed.estates.values()
            for address, live in estate.current.items()
        }

    def place(self, address: Address, fields: Mapping[str, object]) -> tuple[str, str]:
        holder = fields.get("cardholder")
        currency = str(fields.get("currency", "")) or UNKNOWN
        named = self._declared.get(address)
        return self._shown(named or fields) or self._of_holder(holder), currency

    def _of_holder(self, holder: object) -> str:
        if not isinstance(holder, Ref):
            return str(holder or UNKNOWN)
        fields = self._declared.get(holder.address) or self._lives.get(holder.address) or {}
        return self._shown(fields) or holder.address.name

    def _shown(self, fields: Mapping[str, object]) -> str:
        team = _team(fields)
        return team if team in self._known else ""


def _team(fields: Mapping[str, object]) -> str:
    metadata = fields.get("metadata")
    return str(metadata.get("team", "")) if isinstance(metadata, Mapping) else ""


def _largest(rows: list[Exposure]) -> list[Exposure]:
    """The largest first by currency, and the many small ones in one row."""
    rows.sort(key=lambda row: (max(row.before.size, row.after.size), row.team, row.currency), reverse=True)
    rest: dict[str, list[Exposure]] = defaultdict(list)
    for row in rows[MOST_TEAMS:]:
        rest[row.currency].append(row)
    together = [
        Exposure(
            "",
            currency,
            sum((row.before for row in small), Power()),
            sum((row.after for row in small), Power()),
            len(small),
        )
        for currency, small in sorted(rest.items())
    ]
    return [*rows[:MOST_TEAMS], *together]
