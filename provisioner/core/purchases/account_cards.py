"""All cards of an account during a replay, with the cardholders and replacement chains that they share."""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.purchases.arrange import NewControls
from provisioner.core.purchases.card_state import FOREVER, CardState, ControlsInForce, default_of, pair_of
from provisioner.core.purchases.past import Moment, Past, PastCard, PastControls
from provisioner.core.purchases.planned import Planned
from provisioner.core.purchases.rates import ExchangeRates, Pair
from provisioner.core.purchases.rules import CONTROLS, spending_limits
from provisioner.core.purchases.spending_ledger import SpendingLedger

UNKNOWN = (PastControls(0, {"status": "active"}),)  # the currency of an object that Stripe no longer shows


class Cards:
    """The state of all cards of an account at the current time of a replay."""

    def __init__(self, past: Past, planned: Planned, rates: ExchangeRates) -> None:
        self._past, self._rates = past, rates
        found = dict(planned.cards)  # and those that they replaced, which have no address
        for identity, controls in planned.cards.items():
            at = past.cards.get(identity)
            while at and (before := past.cards.get(at.replacement_for)) and before.id not in found:
                found[before.id] = controls
                at = before
        self._cards, self._holders = found, planned.holders
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
        """The time at which any controls change next."""

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
            # An account issues cards in one currency; if there is another, amounts in it are not converted.
            self._ledgers.setdefault((card.holder, card.currency), SpendingLedger()),
            self._rates,
        )
        # every limit that there ever is has its tally before amounts are counted
        for own in _all_fields(state.own):
            state.counts_payments |= "lifecycle_controls" in own
            limits = [*spending_limits("card", own.get(CONTROLS, {}))]
            for limit in limits or [default_of(state.card.currency)]:
                state.spent.tally(limit)
        for held in _all_fields(state.held):
            for limit in spending_limits("cardholder", held.get(CONTROLS, {})):
                state.spent_held.tally(limit)
        self._of_holder[card.holder].append(state)
        return state

    def state_of(self, moment: Moment) -> CardState:
        """
        Return the state of the card that a request or move concerns, even if Stripe no longer shows the
        card.
        """
        state = self.states.get(moment.card)
        if state is None:
            state = self.states[moment.card] = self._open(PastCard(moment.card, moment.holder))
        return state

    def changes_until(self, at: int) -> list[NewControls]:
        """Apply all changes of controls before a second, and return those that happened within it."""
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
        """
        Move the controls of a card or cardholder to the next version, or back to the previous one (step
        -1).
        """
        state = self.states.get(identity)
        own = state.own if state else self._held.get(identity)
        if own:
            own.place += step
        for each in [state] if state else self._of_holder.get(identity, ()):
            each.bound = each.bound_planned = None

    def foreign_pairs(self) -> set[Pair]:
        """Return the pairs of a card's currency and that of its cardholder's limits, where they differ."""
        found = [
            pair_of(state.card.currency, fields)
            for state in self.states.values()
            for fields in _all_fields(state.held)
        ]
        return {pair for pair in found if pair}


def _first_of_chain(card: PastCard, cards: Mapping[str, PastCard]) -> str:
    seen = {card.id}
    while (before := cards.get(card.replacement_for)) and before.id not in seen:
        seen.add(before.id)
        card = before
    return card.id


def _all_fields(controls: ControlsInForce) -> Iterator[Mapping[str, Any]]:
    for row in (*controls.versions, *(controls.planned.timeline if controls.planned else ())):
        yield row.fields
