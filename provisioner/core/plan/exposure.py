"""The monthly exposure of cards before and after changes, by their own and their cardholders' limits."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

from provisioner.core.diff.change import Action, Change, fields_after
from provisioner.core.model.resource import Address, Ref
from provisioner.core.ownership.inventory import Inventory
from provisioner.core.schema.field import Direction, Shape
from provisioner.core.schema.kind import Kind, Pool, Spending

NO_LIMIT = inf
Amount = float  # minor units, or NO_LIMIT

# The key of a limit shared by several cards: their cardholder (by id if it is not managed) and a currency.
PoolKey = tuple[Address | str, str]


class Side(NamedTuple):
    """The amount that a card may spend in a month, before or after a change."""

    pool: PoolKey
    """The cards that share the cardholder's limit."""
    own: Amount
    """The limit of the card itself."""
    bound: Amount
    """The limit of the cardholder, on all cards in the pool together."""
    fields: Mapping[str, Any]
    """The card's fields."""

    @property
    def spends(self) -> bool:
        """Return True if the card can spend anything."""
        return self.own != 0 and self.bound != 0


class Spender(NamedTuple):
    """A card before and after a plan."""

    address: Address
    """The address."""
    before: Side | None
    """None if the card does not exist yet."""
    after: Side | None
    """None if the card will not exist."""
    at_least: Side | None
    """The side before the plan, without limits in a currency whose rate is unknown."""


def spenders(kinds: Iterable[Kind], surveyed: Inventory, changes: Sequence[Change]) -> list[Spender]:
    """Return all cards that exist or will exist: live ones, and those that a change creates or imports."""
    kinds = tuple(kinds)
    found: list[Spender] = []
    for kind in kinds:
        if not kind.spending:
            continue
        sides = _Sides(kind, kind.spending, kinds, surveyed, changes)
        changed = {change.id: change for change in changes if change.kind == kind.name and change.live}
        estate = surveyed.estates[kind.name]
        lives = ((live.address, live) for live in estate.leftovers)
        for address, live in (*estate.current.items(), *lives):
            change = changed.pop(live.id, None) if changed else None
            if change is not None:
                found.append(_changed(sides, change))
                continue
            before = after = at_least = sides.before(live.fields)
            if before.pool[0] in sides.moved:
                after, at_least = sides.after(live.fields), sides.at_least(live.fields)
            found.append(Spender(address, before, after, at_least))
        left = [c for c in changes if c.kind == kind.name and (c.live is None or c.id in changed)]
        found += [_changed(sides, change) for change in left]
    return found


def _changed(sides: "_Sides", change: Change) -> Spender:
    kind = sides.kind
    after = sides.after(fields_after(kind, change))
    if change.live is None:
        return Spender(change.address, None, after, None)
    had = change.live.fields
    before, at_least = sides.before(had), sides.at_least(had)
    left_unknown = before.pool[0] != after.pool[0] and sides.is_unknown(before)
    return Spender(change.address, before, after, None if left_unknown else at_least)


class _Sides:
    """
    Computes what cards of a kind may spend under their cardholders' limits: before, after, and at least
    before.

    `moved` has the cardholders that a change concerns. A cardholder that is not managed here has no known
    limit.
    """

    def __init__(
        self,
        kind: Kind,
        spending: Spending,
        kinds: Sequence[Kind],
        surveyed: Inventory,
        changes: Sequence[Change],
    ) -> None:
        self.kind, self.spending = kind, spending
        self._pools_before: dict[Address | str, Pool] = {}
        self.moved: set[Address | str] = set()
        self._widened: set[Address | str] = set()
        holding = {each.section: each for each in kinds if each.pool}
        self._refs = [f.name for f in kind.fields if f.shape is Shape.REF and f.refers_to in holding]
        after: dict[Address | str, Pool] = {}
        for holder in holding.values():
            estate = surveyed.estates[holder.name]
            if holder.pool is None:
                continue
            self._pools_before |= {
                address: holder.pool(each.fields) for address, each in estate.current.items()
            }
            self._pools_before |= {each.id: holder.pool(each.fields) for each in estate.leftovers}
            for change in changes:
                if change.kind != holder.name or change.action is Action.ADOPT:
                    continue
                is_left = change.live is not None and surveyed.ids.get(change.address) != change.id
                key = str(change.id) if is_left else change.address
                self.moved.add(key)
                after[key] = holder.pool(fields_after(holder, change))
                # A wider list or purchase limit leaves the limit of the month as it is.
                is_wider = change.direction is Direction.BROADENING and not after[key].is_within(
                    self._pools_before.get(key, ANY)
                )
                if change.action is Action.REPLACE or is_wider:
                    self._widened.add(key)
        self._pools_after = {**self._pools_before, **after}

    def own(self, fields: Mapping[str, Any]) -> Amount:
        """Return the amount that a card may spend by its own limits."""
        return _amount(self.spending.exposure(fields))

    def before(self, fields: Mapping[str, Any]) -> Side:
        """Return the side of a live card before the changes."""
        return self._side(fields, self._pools_before)

    def at_least(self, fields: Mapping[str, Any]) -> Side:
        """
        Return the side of a live card before the changes, with limits in another currency counted as
        zero.
        """
        side = self._side(fields, self._pools_before)
        holder, currency = side.pool
        unknown = holder in self._widened and self._pools_before.get(holder, Pool()).is_foreign(currency)
        return side._replace(bound=0) if unknown else side

    def after(self, fields: Mapping[str, Any]) -> Side:
        """Return the side of a card with these fields after the changes."""
        return self._side(fields, self._pools_after)

    def is_unknown(self, side: Side) -> bool:
        """Return True if the cardholder is not managed here."""
        return side.pool[0] not in self._pools_before

    def _side(self, fields: Mapping[str, Any], pools: Mapping[Address | str, Pool]) -> Side:
        named = [fields.get(name) for name in self._refs]
        holder = named[0] if named else ""
        key = holder.address if isinstance(holder, Ref) else str(holder)
        currency = str(fields.get("currency", ""))
        pool = pools.get(key, ANY)
        bound = NO_LIMIT if pool.is_foreign(currency) else _amount(pool.amount)
        return Side((key, currency), self.own(fields), bound, fields)


ANY = Pool()


def _amount(bound: int | None) -> Amount:
    return NO_LIMIT if bound is None else bound


class Total(NamedTuple):
    """The total amount that some cards may spend."""

    amount: Amount = 0
    """The total of the cards with a limit, in minor units."""
    unlimited: int = 0
    """The number of cards without a limit."""

    def __sub__(self, other: "Total") -> "Total":
        return Total(self.amount - other.amount, self.unlimited - other.unlimited)

    def and_also(self, other: "Total") -> "Total":
        """Return the sum of two totals."""
        return Total(self.amount + other.amount, self.unlimited + other.unlimited)

    def within(self, bound: Amount) -> "Total":
        """Return the total, limited by a cardholder's limit on all of the cards together."""
        if bound == NO_LIMIT:
            return self
        return Total(bound if self.unlimited else min(self.amount, bound))


def _total(owns: Iterable[Amount], bound: Amount) -> Total:
    owns = tuple(owns)
    limited = [own for own in owns if own != NO_LIMIT]
    return Total(sum(limited), len(owns) - len(limited)).within(bound)


class _Pool:
    """The cards of one cardholder in one currency, and all limits before and after."""

    def __init__(self) -> None:
        self.had: dict[Address, Amount] = defaultdict(int)
        self.has: dict[Address, Amount] = defaultdict(int)
        self.bound_before = self.bound_after = NO_LIMIT

    def before(self, without: Collection[Address] = ()) -> Total:
        """Return the total that could be spent before, without some of the cards."""
        return _total((own for address, own in self.had.items() if address not in without), self.bound_before)

    def reduced(self) -> Total:
        """Return the total that can be spent after all of the plan's reductions, before any increase."""
        owns = (min(own, self.has.get(address, 0)) for address, own in self.had.items())
        return _total(owns, min(self.bound_before, self.bound_after))

    def after(self) -> Total:
        """Return the total that can be spent after all changes."""
        return _total(self.has.values(), self.bound_after)


def raised(found: Sequence[Spender]) -> dict[str, int | None]:
    """
    Return the monthly exposure that changes add, by currency; None means unlimited.

    Reductions are not subtracted. The plan makes its reductions first, and increases are counted from the
    level that they leave for each card and cardholder. When a card moves to another cardholder, the amount
    that it could already spend is not added again.
    """
    pools = {key: _Pool() for key in pools_touched(found)}
    for each in found:
        if each.at_least and (pool := pools.get(each.at_least.pool)):
            pool.had[each.address] += each.at_least.own
            pool.bound_before = each.at_least.bound
        if each.after and (pool := pools.get(each.after.pool)):
            pool.has[each.address] += each.after.own
            pool.bound_after = each.after.bound
    brought: dict[PoolKey, Total] = defaultdict(Total)
    for (source, target), cards in _moves(pools).items():
        there = pools[source]
        brought[target] = brought[target].and_also(there.before() - there.before(without=cards))
    added: dict[str, int | None] = {}
    for key, pool in pools.items():
        low, high = pool.reduced().and_also(brought[key]), pool.after()
        if high.unlimited > low.unlimited:
            added[key[1]] = None
        elif high.unlimited == low.unlimited and (more := int(high.amount - low.amount)) > 0:
            so_far = added.get(key[1], 0)
            added[key[1]] = None if so_far is None else so_far + more
    return dict(sorted(added.items()))


def pools_touched(found: Iterable[Spender]) -> set[PoolKey]:
    """Return the pools of the cards that a plan changes, or whose cardholders it changes."""
    moved = [each for each in found if each.before is not each.after]
    return {side.pool for each in moved for side in (each.before, each.after) if side}


def _moves(pools: Mapping[PoolKey, _Pool]) -> Mapping[tuple[PoolKey, PoolKey], set[Address]]:
    """Return the cards that move from one cardholder to another in the same currency, by both pools."""
    left = {
        a: key for key, pool in pools.items() for a, own in pool.had.items() if own and not pool.has.get(a)
    }
    moves: dict[tuple[PoolKey, PoolKey], set[Address]] = defaultdict(set)
    for key, pool in pools.items():
        for address, own in pool.has.items():
            source = left.get(address)
            if own and not pool.had.get(address) and source and source[1] == key[1]:
                moves[source, key].add(address)
    return moves


def activated(found: Iterable[Spender]) -> int:
    """Return the number of cards that cannot spend before the changes, but can afterwards."""
    could, can = set(), set()
    for each in found:
        if each.before is not each.after:
            could |= {each.address} if each.before and each.before.spends else set()
            can |= {each.address} if each.after and each.after.spends else set()
    return len(can - could)


def shares(owns: Sequence[Amount], bound: Amount) -> list[Amount]:
    """
    Return the share of each of a cardholder's cards; the sum is what the cards can spend together.

    The cardholder's limit is divided in proportion to what each card could spend of it alone.
    """
    if bound == NO_LIMIT:
        return list(owns)
    alone = [int(min(own, bound)) for own in owns]
    total, whole = sum(alone), int(bound)
    if total <= whole:
        return list(alone)
    parted: list[Amount] = []
    reached = given = 0
    for own in alone:
        reached += own
        parted.append(whole * reached // total - given)
        given = whole * reached // total
    return parted
