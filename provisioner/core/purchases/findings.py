"""Collects the findings of a replay, purchase by purchase, and turns them into a document."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct, field

from provisioner.core.purchases.backtest_document import (
    Agreement,
    BacktestDocument,
    ChangedForCard,
    ChangedForGroup,
    ChangedPurchases,
    CurrencyAmount,
    DayOfPurchases,
    Headroom,
    PurchaseExample,
    UnjudgedReason,
    UnknownControls,
)
from provisioner.core.purchases.card_state import CardState
from provisioner.core.purchases.past import PastRequest
from provisioner.core.purchases.rules import Refusal
from provisioner.core.purchases.windows import DAY

EXAMPLES = 10  # the most examples of each sort
Decision = Literal["approved", "declined"]


class ChangedTotals(Struct):
    """The number and the amounts of changed purchases."""

    declined: int = 0
    """The number of newly declined purchases."""
    approved: int = 0
    """The number of newly approved purchases."""
    amounts_declined: Counter[str] = field(default_factory=Counter)
    """The amount of the newly declined purchases, in minor units by currency."""
    amounts_approved: Counter[str] = field(default_factory=Counter)
    """The amount of the newly approved purchases, in minor units by currency."""

    def add(self, request: PastRequest) -> None:
        """Count one changed purchase; Stripe's decision tells in which direction it changes."""
        if request.approved:
            self.declined += 1
            self.amounts_declined[request.currency] += request.granted
        else:
            self.approved += 1
            self.amounts_approved[request.currency] += request.amount

    @property
    def newly_declined(self) -> ChangedPurchases:
        """Return the totals of the purchases that would be declined."""
        return ChangedPurchases(count=self.declined, amounts=_amounts(self.amounts_declined))

    @property
    def newly_approved(self) -> ChangedPurchases:
        """Return the totals of the purchases that would be approved."""
        return ChangedPurchases(count=self.approved, amounts=_amounts(self.amounts_approved))

    def document(self, name: str) -> ChangedForGroup:
        """Return the totals as those of a group."""
        return ChangedForGroup(
            name=name, newly_declined=self.newly_declined, newly_approved=self.newly_approved
        )


class _Compared(Struct):
    """A comparison of Stripe's decisions on one card with those of the replay."""

    compared: int = 0
    """The number of decisions compared."""
    agreed: int = 0
    """The number of these that are the same."""
    unknown: int = 0
    """The number of decisions from before the time since which the controls are known."""
    examples: list[PurchaseExample] = []
    """The first decisions that differ."""


class Findings(Struct):
    """The findings so far."""

    first: int = 0
    """The time of the first purchase judged (Unix seconds)."""
    last: int = 0
    """The time of the last purchase judged (Unix seconds)."""
    purchases: int = 0
    """The number of purchases judged."""
    total: ChangedTotals = field(default_factory=ChangedTotals)
    """The totals of all changed purchases."""
    undeclared: ChangedTotals = field(default_factory=ChangedTotals)
    """The totals for cards that are not in the configuration."""
    cards: dict[str, ChangedTotals] = field(default_factory=lambda: defaultdict(ChangedTotals))
    """The totals for each card, by its address or Stripe's id."""
    states: dict[str, CardState] = {}
    """The state of a card with each of the addresses in `cards`."""
    teams: dict[str, ChangedTotals] = field(default_factory=lambda: defaultdict(ChangedTotals))
    """The totals for each team."""
    categories: dict[str, ChangedTotals] = field(default_factory=lambda: defaultdict(ChangedTotals))
    """The totals for each merchant category."""
    days: dict[int, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0, 0]))
    """The numbers of approved, declined, newly declined, and newly approved purchases of each day."""
    unjudged: Counter[str] = field(default_factory=Counter)
    """The number of purchases that keep their decision, by reason."""
    compared: dict[str, _Compared] = field(default_factory=lambda: defaultdict(_Compared))
    """The comparison of each card."""
    examples: dict[bool, list[PurchaseExample]] = field(default_factory=lambda: {True: [], False: []})
    """The first changed purchases, by Stripe's decision."""

    def judged(self, request: PastRequest, *, approved: bool) -> None:
        """Count a purchase, given its decision under the plan."""
        self.purchases += 1
        self.first, self.last = self.first or request.at, request.at
        place = (0 if approved else 2) if request.approved else (3 if approved else 1)
        self.days[request.at // DAY][place] += 1

    def compare(self, request: PastRequest, state: CardState, refused: Refusal | None, horizon: int) -> None:
        """
        Compare a decision that controls can explain with the decision of the replay.

        A disagreement from before the horizon means that the card had other controls then, so none of the
        decisions before it can be compared.
        """
        found = self.compared[request.card]
        found.compared += 1
        if (refused is None) == request.approved:
            found.agreed += 1
        elif request.at < horizon:
            found.unknown += found.compared
            found.compared = found.agreed = 0
            found.examples.clear()
        elif len(found.examples) < EXAMPLES:
            found.examples.append(
                example(request, state, refused.why if refused else "", approved=refused is None)
            )

    def changed(self, request: PastRequest, state: CardState, refused: Refusal | None) -> None:
        """
        Count a purchase whose decision the plan changes; `refused` is the reason to decline it, then or
        now.
        """
        plan = state.own.planned
        groups = [self.total, self.cards[state.address], self.categories[request.category]]
        groups.append(self.teams[plan.team if plan else ""])
        if plan is None:
            groups.append(self.undeclared)
        for totals in groups:
            totals.add(request)
        self.states[state.address] = state
        examples = self.examples[request.approved]
        if len(examples) < EXAMPLES:
            rule = _rule(refused, state) if refused else ""
            examples.append(example(request, state, rule, approved=not request.approved))

    def document(
        self, horizon: int, states: Mapping[str, CardState], headroom: Headroom | None
    ) -> BacktestDocument:
        """Return all findings as a document."""
        compared = self.compared.values()
        found = [one for each in self.compared.values() for one in each.examples]
        return BacktestDocument(
            begin=iso(self.first),
            end=iso(self.last),
            purchases=self.purchases,
            agreement=Agreement(
                compared=sum(each.compared for each in compared), agreed=sum(each.agreed for each in compared)
            ),
            newly_declined=self.total.newly_declined,
            newly_approved=self.total.newly_approved,
            unjudged=self.unjudged.total(),
            by_card=tuple(self._by_card()),
            by_team=_groups(self.teams),
            by_category=_groups(self.categories),
            examples=(*self.examples[True], *self.examples[False]),
            undeclared=self.undeclared.document(""),
            disagreements=tuple(sorted(found, key=lambda one: one.at)[:EXAMPLES]),
            unjudged_reasons=tuple(
                [UnjudgedReason(reason=each, count=n) for each, n in self.unjudged.most_common()]
            ),
            unknown_controls=self._unknown(horizon, states),
            days=tuple(self._days()),
            headroom=headroom,
        )

    def _by_card(self) -> list[ChangedForCard]:
        rows = [
            ChangedForCard(
                address=address,
                newly_declined=totals.declined,
                newly_approved=totals.approved,
                amount=totals.amounts_declined.total(),
                amount_approved=totals.amounts_approved.total(),
                currency=self.states[address].card.currency,
                declared=self.states[address].own.planned is not None,
            )
            for address, totals in self.cards.items()
        ]
        return sorted(rows, key=lambda row: (-row.amount, -row.amount_approved, row.address))

    def _unknown(self, horizon: int, states: Mapping[str, CardState]) -> UnknownControls:
        cards = {card: each.unknown for card, each in self.compared.items() if each.unknown}
        if not cards:
            return UnknownControls()
        addresses = sorted({states[card].address for card in cards})
        return UnknownControls(count=sum(cards.values()), addresses=tuple(addresses), before=iso(horizon))

    def _days(self) -> Iterable[DayOfPurchases]:
        for day, (approved, declined, newly_declined, newly_approved) in sorted(self.days.items()):
            yield DayOfPurchases(
                day=iso(day * DAY)[:10],
                approved=approved,
                declined=declined,
                newly_declined=newly_declined,
                newly_approved=newly_approved,
            )


def example(request: PastRequest, state: CardState, rule: str, *, approved: bool) -> PurchaseExample:
    """Return a purchase as an example, with the decision that differs from Stripe's."""
    return PurchaseExample(
        at=iso(request.at),
        address=state.address,
        amount=request.amount,
        currency=request.currency,
        category=request.category,
        country=request.country,
        merchant=request.merchant,
        was=_word(approved=request.approved),
        reason=request.reason,
        becomes=_word(approved=approved),
        rule="" if state.hidden else rule,
    )


def _rule(refused: Refusal, state: CardState) -> str:
    """Return in words the rule that declines a purchase, either under the plan or at the time."""
    if refused.reason == "card_inactive" and state.own.planned and state.own.planned.retired:
        return "the plan retires the card"
    if refused.reason == "cardholder_inactive" and state.held.planned and state.held.planned.retired:
        return "the plan retires the cardholder"
    return refused.why


def _word(*, approved: bool) -> Decision:
    return "approved" if approved else "declined"


def _groups(found: Mapping[str, ChangedTotals]) -> tuple[ChangedForGroup, ...]:
    """Return the totals of groups, those with the most changed purchases first."""
    rows = sorted(found.items(), key=lambda row: (-row[1].declined, -row[1].approved, row[0]))
    return tuple([totals.document(name) for name, totals in rows])


def _amounts(totals: Mapping[str, int]) -> tuple[CurrencyAmount, ...]:
    return tuple([CurrencyAmount(currency, amount) for currency, amount in sorted(totals.items())])


def iso(at: int) -> str:
    """Return a time (Unix seconds) in ISO 8601, in UTC; empty for 0."""
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""
