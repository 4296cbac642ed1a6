"""The state of a card in a replay: its controls in force, its planned controls, and its counted spending."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from provisioner.core.model.limits import default_limit
from provisioner.core.purchases.past import PastCard, PastControls, PastRequest
from provisioner.core.purchases.planned import PlannedControls
from provisioner.core.purchases.rates import ExchangeRates, Pair
from provisioner.core.purchases.rules import (
    CONTROLS,
    CardRules,
    Limit,
    compile_rules,
)
from provisioner.core.purchases.spending_ledger import SpendingLedger, WindowTally
from provisioner.core.purchases.windows import DAY

FOREVER = 1 << 62  # later than any purchase


class ControlsInForce(Struct):
    """The versions of the controls of a card or cardholder, and the one in force at the current time."""

    versions: Sequence[PastControls]
    """All versions, oldest first."""
    planned: PlannedControls | None
    """The controls after the plan; None if the plan does not include the card or cardholder."""
    place: int = 0
    """The index of the version in force."""

    @property
    def now(self) -> PastControls:
        """Return the version in force."""
        return self.versions[self.place]

    def planned_at(self, at: int) -> tuple[PastControls, int]:
        """Return the version that the plan has at a time, and the time at which its next version begins."""
        rows = self.planned.timeline if self.planned else ()
        if not rows:
            return self.now, FOREVER
        after = [row for row in rows if row.since > at]
        return rows[max(0, len(rows) - len(after) - 1)], after[0].since if after else FOREVER


class BoundRules(Struct, frozen=True):
    """The rules of a card, with the tally of each of their limits."""

    rules: CardRules
    """The rules."""
    tallies: tuple[WindowTally, ...]
    """The tally of each limit."""
    until: int
    """The time (Unix seconds) up to which they hold, unless the controls change before."""
    default: WindowTally | None
    """The tally of Stripe's default limit if the card has no other limit; else None."""


class CardState(Struct):
    """The state of a card in a replay."""

    card: PastCard
    """The card."""
    own: ControlsInForce
    """The card's controls."""
    held: ControlsInForce
    """Its cardholder's controls, shared with the cardholder's other cards."""
    spent: SpendingLedger
    """The spending counted towards its limits, shared by all cards of its chain of replacements."""
    spent_held: SpendingLedger
    """The spending counted towards its cardholder's limits."""
    rates: ExchangeRates
    """The exchange rates."""
    counts_payments: bool = False
    """True if Stripe cancels the card after a number of payments, either in the past or under the plan."""
    paid: int = 0
    """The number of payments that the card would have made under the plan."""
    paid_for: set[int] = set()
    """The authorizations that are counted in `paid`."""
    used: bool = False
    """True once a purchase has been approved in the judged period."""
    bound: BoundRules | None = None
    """The rules in force; None after a change, until they are compiled again."""
    bound_planned: BoundRules | None = None
    """The planned rules; None after a change, until they are compiled again."""
    is_same: bool = False
    """True if the planned rules equal those in force."""

    @property
    def address(self) -> str:
        """Return the address in the configuration, or Stripe's id if the card has none."""
        return self.own.planned.address if self.own.planned else self.card.id

    @property
    def hidden(self) -> bool:
        """Return whether its controls must not be shown."""
        return any(each.planned and each.planned.hidden for each in (self.own, self.held))

    def in_force(self, at: int) -> BoundRules:
        """Return the rules in force at a time; each call must be for the same time or a later one."""
        if self.bound is None or at >= self.bound.until:
            self.bound = self._bind(self.own.now, self.held.now, at, FOREVER)
        return self.bound

    def as_planned(self, at: int) -> BoundRules:
        """Return the planned rules at a time; each call must be for the same time or a later one."""
        if self.bound_planned is None or at >= self.bound_planned.until:
            own, until = self.own.planned_at(at)
            held, until_held = self.held.planned_at(at)
            self.bound_planned = self._bind(own, held, at, min(until, until_held))
            self.is_same = self.bound_planned.rules == self.in_force(at).rules
        return self.bound_planned

    def is_untouched(self, at: int) -> bool:
        """Return whether the plan changes neither the rules nor, so far, the counted amounts."""
        self.as_planned(at)
        return self.is_same and not (self.spent.is_shifted or self.spent_held.is_shifted)

    def pay(self, authorization: int) -> None:
        """Count a payment under the plan, once for each authorization."""
        if authorization not in self.paid_for:
            self.paid_for.add(authorization)
            self.paid += 1

    def count(self, began: Sequence[int], category: str, amount: int, shift: int) -> None:
        """Count an amount towards all limits; `shift` is how much more would count under the plan."""
        if shift:
            self.spent.is_shifted = self.spent_held.is_shifted = True
        self.spent.add(began, category, amount, shift)
        self.spent_held.add(began, category, amount, shift)

    def note_use(self, request: PastRequest, now: Sequence[int]) -> None:
        """Record how much of each limit an approved request uses; call it before the request is counted."""
        self.used = True
        for each in (self.spent, self.spent_held):
            each.note_use(now, request.category, request.granted, request.total, request.at)

    def _bind(self, own: PastControls, held: PastControls, at: int, until: int) -> BoundRules:
        """
        Return the rules with their tallies. They hold for at most a day, because exchange rates change
        daily.
        """
        currency = self.card.currency
        fields = {**own.fields, "currency": currency}
        if self.card.exp_year:
            fields |= {"exp_month": self.card.exp_month, "exp_year": self.card.exp_year}

        def convert(amount: int, named: str) -> int | None:
            return self.rates.convert(amount, named, currency, at)

        rules = compile_rules(fields, held.fields, disabled=self.held.now.disabled, convert=convert)
        is_foreign = pair_of(currency, held.fields) is not None
        ledgers = {"card": self.spent, "cardholder": self.spent_held}
        bare = not any(limit.whose == "card" for limit in rules.limits)
        return BoundRules(
            rules,
            tuple([ledgers[limit.whose].tally(limit) for limit in rules.limits]),
            min(until, (at // DAY + 1) * DAY) if is_foreign else until,
            self.spent.tally(default_of(currency)) if bare else None,
        )


def default_of(currency: str) -> Limit:
    """Return Stripe's default limit."""
    return Limit(**default_limit(currency))


def is_dead(state: CardState, reason: str) -> bool:
    """
    Return whether a purchase would be declined under any plan.

    A number that Stripe has canceled cannot be used again, and only Stripe unblocks a cardholder that it has
    blocked. A card that canceled itself after a number of payments is judged again, because the plan may
    change that number.
    """
    if reason == "card_canceled":
        ends = state.own.now.fields.get("lifecycle_controls", {}).get("cancel_after")
        return not ends
    return reason == "cardholder_blocked"


def pair_of(currency: str, holder: Mapping[str, Any]) -> Pair | None:
    """Return the currencies of a card and of its cardholder's limits, or None if they are the same."""
    controls = holder.get(CONTROLS, {})
    named = controls.get("spending_limits_currency")
    if not controls.get("spending_limits") or named in (None, currency):
        return None
    return currency, str(named)
