"""The state of each card in a replay: the controls in force and the planned ones, with what counts."""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from provisioner.core.model.limits import default_limit
from provisioner.core.purchases.arrange import NewControls
from provisioner.core.purchases.past import Moment, Past, PastCard, PastControls, PastRequest
from provisioner.core.purchases.planned import Planned, PlannedControls
from provisioner.core.purchases.rates import ExchangeRates, Pair
from provisioner.core.purchases.rules import (
    CONTROLS,
    CardRules,
    Limit,
    compile_rules,
    spending_limits,
)
from provisioner.core.purchases.spending_ledger import SpendingLedger, WindowTally
from provisioner.core.purchases.windows import DAY

FOREVER = 1 << 62
UNKNOWN = (PastControls(0, {"status": "active"}),)  # of an object that Stripe no longer shows


class ControlsInForce(Struct):
    """The controls of a card or cardholder in force at the moment of a replay."""

    versions: Sequence[PastControls]
    """All versions, oldest first."""
    planned: PlannedControls | None
    """The planned ones; None if the plan is not about it."""
    place: int = 0
    """The place of the version that holds."""

    @property
    def now(self) -> PastControls:
        """Return the version that holds."""
        return self.versions[self.place]

    def planned_at(self, at: int) -> tuple[PastControls, int]:
        """Return the version that the plan would have had at a time, and the time of the next one."""
        rows = self.planned.timeline if self.planned else ()
        if not rows:
            return self.now, FOREVER
        after = [row for row in rows if row.since > at]
        return rows[max(0, len(rows) - len(after) - 1)], after[0].since if after else FOREVER


class BoundRules(Struct, frozen=True):
    """The rules of a card, together with the tallies of their limits."""

    rules: CardRules
    """The rules."""
    tallies: tuple[WindowTally, ...]
    """The tally of each limit."""
    until: int
    """The first moment (Unix seconds) at which they no longer hold for another reason than a change."""
    default: WindowTally | None
    """The tally of Stripe's default limit, if the card has no limit; else None."""


class CardState(Struct):
    """A card in a replay."""

    card: PastCard
    """The card."""
    own: ControlsInForce
    """Its controls."""
    held: ControlsInForce
    """Its cardholder's controls, shared with the cardholder's other cards."""
    spent: SpendingLedger
    """The spending that counts towards its limits, shared with its chain of replacements."""
    spent_held: SpendingLedger
    """The spending that counts towards its cardholder's limits."""
    rates: ExchangeRates
    """The exchange rates."""
    counts_payments: bool = False
    """True if Stripe cancels the card after a number of payments, in the past or under the plan."""
    paid: int = 0
    """The number of payments that it would have made under the plan."""
    paid_for: set[int] = set()
    """The authorizations that are counted in `paid`."""
    used: bool = False
    """True once a purchase was approved in the time that is judged."""
    bound: BoundRules | None = None
    """The rules in force; None after a change of controls."""
    bound_planned: BoundRules | None = None
    """The planned rules; None after a change of controls."""
    is_same: bool = False
    """True if the planned rules are those in force."""

    @property
    def address(self) -> str:
        """Return the address in the configuration, or Stripe's id if the card has none."""
        return self.own.planned.address if self.own.planned else self.card.id

    @property
    def hidden(self) -> bool:
        """Return whether its controls must not be shown."""
        return any(each.planned and each.planned.hidden for each in (self.own, self.held))

    def in_force(self, at: int) -> BoundRules:
        """Return the rules in force at a time, which only moves forward."""
        if self.bound is None or at >= self.bound.until:
            self.bound = self._bind(self.own.now, self.held.now, at, FOREVER)
        return self.bound

    def as_planned(self, at: int) -> BoundRules:
        """Return the rules that the plan would have had at a time, which only moves forward."""
        if self.bound_planned is None or at >= self.bound_planned.until:
            own, until = self.own.planned_at(at)
            held, until_held = self.held.planned_at(at)
            self.bound_planned = self._bind(own, held, at, min(until, until_held))
            self.is_same = self.bound_planned.rules == self.in_force(at).rules
        return self.bound_planned

    def is_untouched(self, at: int) -> bool:
        """Return whether the plan changes neither the rules nor, so far, what counts."""
        self.as_planned(at)
        return self.is_same and not (self.spent.is_shifted or self.spent_held.is_shifted)

    def pay(self, authorization: int) -> None:
        """Count a payment under the plan, once for each authorization."""
        if authorization not in self.paid_for:
            self.paid_for.add(authorization)
            self.paid += 1

    def count(self, began: Sequence[int], category: str, amount: int, shift: int) -> None:
        """Count an amount towards all limits, and the difference that the plan makes to it."""
        if shift:
            self.spent.is_shifted = self.spent_held.is_shifted = True
        self.spent.add(began, category, amount, shift)
        self.spent_held.add(began, category, amount, shift)

    def note_use(self, request: PastRequest, now: Sequence[int]) -> None:
        """Remember how far an approved request uses limits; to be called before it is counted."""
        self.used = True
        for each in (self.spent, self.spent_held):
            each.note_use(now, request.category, request.granted, request.total, request.at)

    def _bind(self, own: PastControls, held: PastControls, at: int, until: int) -> BoundRules:
        """Return rules with their tallies; a rate holds for a day, and the expiry is the card's own."""
        currency = self.card.currency
        fields = {**own.fields, "currency": currency}
        if self.card.exp_year:
            fields |= {"exp_month": self.card.exp_month, "exp_year": self.card.exp_year}

        def convert(amount: int, named: str) -> int | None:
            return self.rates.convert(amount, named, currency, at)

        rules = compile_rules(fields, held.fields, disabled=self.held.now.disabled, convert=convert)
        is_foreign = pair_of(currency, held.fields) is not None
        bare = not any(limit.whose == "card" for limit in rules.limits)
        return BoundRules(
            rules,
            tuple([self._ledger(limit).tally(limit) for limit in rules.limits]),
            min(until, (at // DAY + 1) * DAY) if is_foreign else until,
            self.spent.tally(default_of(currency)) if bare else None,
        )

    def _ledger(self, limit: Limit) -> SpendingLedger:
        return self.spent if limit.whose == "card" else self.spent_held


def default_of(currency: str) -> Limit:
    """Return Stripe's default limit."""
    return Limit(**default_limit(currency))


def is_dead(state: CardState, reason: str) -> bool:
    """
    Return whether a decline holds whatever the plan says: nobody can use a canceled number again.

    Nor can anybody unblock a cardholder that Stripe has blocked. A card that canceled itself after a number
    of payments is canceled when the plan says.
    """
    if reason == "card_canceled":
        ends = state.own.now.fields.get("lifecycle_controls", {}).get("cancel_after")
        return not ends
    return reason == "cardholder_blocked"


class Cards:
    """All cards of an account, at the moment of a replay."""

    def __init__(self, past: Past, planned: Planned, rates: ExchangeRates) -> None:
        self._past, self._rates = past, rates
        self._cards, self._holders = _with_predecessors(past, planned), planned.holders
        self._chains: dict[str, SpendingLedger] = {}
        self._held: dict[str, ControlsInForce] = {}
        self._ledgers: dict[tuple[str, str], SpendingLedger] = {}
        self._of_holder: dict[str, list[CardState]] = defaultdict(list)
        self.states = {card.id: self._open(card) for card in past.cards.values()}
        self.holders = {card.id: card.holder for card in past.cards.values()}
        changes = [
            NewControls(row.since, identity) for identity, rows in past.controls.items() for row in rows[1:]
        ]
        self._changes = deque(sorted(changes))
        self.next_change = self._changes[0].at if self._changes else FOREVER
        """The time of the next change of any controls."""

    def _open(self, card: PastCard) -> CardState:
        """Return the state of a card before its first purchase."""
        past = self._past
        if card.holder not in self._held:
            rows = past.controls.get(card.holder) or UNKNOWN
            self._held[card.holder] = ControlsInForce(rows, self._holders.get(card.holder))
        state = CardState(
            card,
            ControlsInForce(past.controls.get(card.id) or UNKNOWN, self._cards.get(card.id)),
            self._held[card.holder],
            self._chains.setdefault(_first_of_chain(card, past.cards), SpendingLedger()),
            # an account issues cards in one currency; should there be another, its amounts are not added up
            self._ledgers.setdefault((card.holder, card.currency), SpendingLedger()),
            self._rates,
        )
        _register(state)
        self._of_holder[card.holder].append(state)
        return state

    def state_of(self, moment: Moment) -> CardState:
        """Return the state of a card, also of one that Stripe no longer shows."""
        state = self.states.get(moment.card)
        if state is None:
            state = self.states[moment.card] = self._open(PastCard(moment.card, moment.holder))
        return state

    def changes_until(self, at: int) -> list[NewControls]:
        """Let the controls change as they did before a second, and return the changes within it."""
        changes, within = self._changes, list[NewControls]()
        while changes and changes[0].at <= at:
            change = changes.popleft()
            if change.at == at:
                within.append(change)
            else:
                self.advance(change.id)
        self.next_change = changes[0].at if changes else FOREVER
        return within

    def advance(self, identity: str, step: int = 1) -> None:
        """Let the next version of the controls of a card or cardholder hold; -1 for the one before."""
        state = self.states.get(identity)
        own = state.own if state else self._held.get(identity)
        if own:
            own.place += step
        for each in [state] if state else self._of_holder.get(identity, ()):
            each.bound = each.bound_planned = None

    def foreign_pairs(self) -> set[Pair]:
        """Return the currencies of cards and of their cardholders' limits where these differ."""
        found = [
            pair_of(state.card.currency, fields)
            for state in self.states.values()
            for fields in _all_fields(state.held)
        ]
        return {pair for pair in found if pair}


def _with_predecessors(past: Past, planned: Planned) -> Mapping[str, PlannedControls]:
    """Return the planned controls of cards, also of those that they replace and that have no address."""
    found = dict(planned.cards)
    for identity, controls in planned.cards.items():
        at = past.cards.get(identity)
        while at and (before := past.cards.get(at.replacement_for)) and before.id not in found:
            found[before.id] = controls
            at = before
    return found


def _first_of_chain(card: PastCard, cards: Mapping[str, PastCard]) -> str:
    seen = {card.id}
    while (before := cards.get(card.replacement_for)) and before.id not in seen:
        seen.add(before.id)
        card = before
    return card.id


def _register(state: CardState) -> None:
    """Make a tally for every limit that the card or its cardholder ever has, before amounts are counted."""
    for own in _all_fields(state.own):
        state.counts_payments |= "lifecycle_controls" in own
        limits = [*spending_limits("card", own.get(CONTROLS, {}))]
        for limit in limits or [default_of(state.card.currency)]:
            state.spent.tally(limit)
    for held in _all_fields(state.held):
        for limit in spending_limits("cardholder", held.get(CONTROLS, {})):
            state.spent_held.tally(limit)


def _all_fields(controls: ControlsInForce) -> Iterator[Mapping[str, Any]]:
    for row in (*controls.versions, *(controls.planned.timeline if controls.planned else ())):
        yield row.fields


def pair_of(currency: str, holder: Mapping[str, Any]) -> Pair | None:
    """Return the currencies of a card and of its cardholder's limits if they differ; None if not."""
    controls = holder.get(CONTROLS, {})
    named = controls.get("spending_limits_currency")
    if not controls.get("spending_limits") or named in (None, currency):
        return None
    return currency, str(named)
