"""
Replays past purchases under the controls in force and under planned ones, to find what the plan
changes.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from provisioner.core.purchases.account_cards import Cards
from provisioner.core.purchases.arrange import Event, NewControls, arrange, by_holder
from provisioner.core.purchases.backtest_document import BacktestDocument
from provisioner.core.purchases.findings import Findings
from provisioner.core.purchases.headroom import headroom_of
from provisioner.core.purchases.judge import Judge
from provisioner.core.purchases.past import Moment, Past, PastMove, PastRequest
from provisioner.core.purchases.planned import Planned
from provisioner.core.purchases.rates import ExchangeRates
from provisioner.core.purchases.spending_ledger import WindowTally
from provisioner.core.purchases.windows import windows

GONE = -1  # the held amount of an authorization that the plan declines
State = tuple[WindowTally, int, int, int]


def backtest(past: Past, planned: Planned, begin: int = 0, *, headroom: bool = False) -> BacktestDocument:
    """
    Judge the purchases since `begin` (Unix seconds) under the controls in force and under the planned ones.

    Earlier purchases only count towards limits. With `headroom`, the result includes the use of all limits.
    """
    rates = ExchangeRates()
    cards = Cards(past, planned, rates)
    if pairs := cards.foreign_pairs():
        rates.learn(past.moments(), pairs)
    replay = Replay(past, cards, begin, is_measured=headroom)
    replay.run(past.moments())
    used = headroom_of(cards.states.values()) if headroom else None
    return replay.findings.document(past.horizon, cards.states, used)


class Replay:
    """
    A replay of the past: each decision as Stripe made it, and as it would be under the plan.

    The amounts that count towards limits follow from Stripe's decisions. For the plan, only the difference
    from them is stored, which is zero for most purchases.
    """

    def __init__(self, past: Past, cards: Cards, begin: int, *, is_measured: bool) -> None:
        self.cards, self.begin = cards, begin
        self._is_measured = is_measured
        """True if the use of limits is measured."""
        self.findings = Findings()
        self._judge = Judge(self.findings, past.horizon)
        self._held: dict[int, int] = {}
        """The amounts that authorizations would hold under the plan where it decides differently, or GONE."""
        self._log: list[list[State] | NewControls] = []

    def run(self, moments: Iterable[Moment]) -> None:
        """Replay all requests and moves, second by second."""
        stream = iter(moments)
        event = next(stream, None)
        while event is not None:
            at, second = event.at, [event]
            while (event := next(stream, None)) is not None and event.at == at:
                second.append(event)
            if len(second) == 1 and at < self.cards.next_change:
                self._happen(second[0])
            else:
                for part in by_holder([*self.cards.changes_until(at), *second], self.cards.holders):
                    for each in part if self._is_settled(part) else arrange(part, self):
                        self._happen(each)

    def _is_settled(self, events: Sequence[Event]) -> bool:
        """Return whether the given order of the events is certain, or makes no difference."""
        if len(events) == 1 or events[0].at < self.begin:
            return True
        requests = [each for each in events if isinstance(each, PastRequest)]
        return not requests or (len(requests) == len(events) and all(each.first for each in requests))

    def _happen(self, event: Event) -> None:
        if isinstance(event, PastRequest):
            self._request(event)
        elif isinstance(event, PastMove):
            self._move(event)
        else:
            self.cards.advance(event.id)

    def _request(self, request: PastRequest) -> None:
        state = self.cards.state_of(request)
        now = windows(request.at)
        began = now if request.began == request.at else windows(request.began)
        granted = request.granted if request.approved else 0
        number = request.authorization
        there = self._held.get(number)
        approved, planned = request.approved, granted
        if request.at >= self.begin:
            if request.approved and self._is_measured:
                state.note_use(request, now)
            if there == GONE:
                self._judge.follow_up(request, state, now)
            else:
                asked = request if there is None else _without(request, request.held - there)
                approved = self._judge.decide(request, asked, state, now)
            planned = (granted if request.approved else request.amount) if approved else 0
        if there == GONE:
            planned = 0
        elif request.approved and not approved and request.first:
            self._held[number] = GONE
        elif not request.first and (there is not None or planned != granted):
            self._held[number] = (request.held if there is None else there) + planned
        if planned and state.counts_payments:
            state.pay(number)
        if granted or planned:
            state.count(began, request.category, granted, planned - granted)

    def _move(self, move: PastMove) -> None:
        state = self.cards.state_of(move)
        planned = amount = move.held + move.captured
        number = move.authorization
        there = self._held.get(number) if self._held else None
        if there is not None:
            held, captured = (0, 0) if there == GONE else _planned(move, there)
            planned = held + captured
            if there != GONE:
                self._held[number] = there + held
            if move.ends:
                del self._held[number]
        if move.captured and there != GONE and state.counts_payments:
            state.pay(number)
        if amount or planned:
            state.count(windows(move.began), move.category, amount, planned - amount)

    def explains(self, request: PastRequest) -> bool:
        """Return whether the controls in force explain Stripe's decision."""
        return self._judge.explains(request, self.cards.state_of(request), windows(request.at))

    def apply(self, event: Event) -> None:
        """Change the counted amounts by an event, to try an order out; no purchase is judged."""
        if isinstance(event, NewControls):
            self._log.append(event)
            self.cards.advance(event.id)
            return
        state = self.cards.state_of(event)
        tallies = (*state.spent.tallies, *state.spent_held.tallies)
        self._log.append([(each, each.window, each.spent, each.shift) for each in tallies])
        granted = event.amount if isinstance(event, PastMove) else event.granted * event.approved
        state.count(windows(event.began), event.category, granted, 0)

    def undo(self) -> None:
        """Undo the last event that was tried out."""
        last = self._log.pop()
        if isinstance(last, NewControls):
            self.cards.advance(last.id, -1)
            return
        for tally, window, spent, shift in last:
            tally.window, tally.spent, tally.shift = window, spent, shift


def _planned(move: PastMove, there: int) -> tuple[int, int]:
    """
    Return how a move changes the held and captured amounts of an authorization that holds `there`.

    Only a final amount can raise the held amount. A capture of everything captures all that is held under the
    plan; any other capture takes the amount that it really took.
    """
    if move.held > 0:
        return move.left - there, move.captured
    held = max(-there, move.held) if move.left else -there
    return held, there if not move.left and move.held == -move.captured else move.captured


def _without(request: PastRequest, missing: int) -> PastRequest:
    """Return a request for an authorization that holds a different amount under the plan."""
    return replace(request, total=request.total - missing) if missing else request
