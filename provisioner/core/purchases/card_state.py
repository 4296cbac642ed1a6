"""A card in a replay: the controls in force and the planned ones, with what counts towards their limits."""

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

FOREVER = 1 << 62  # a time that no purchase reaches


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


def pair_of(currency: str, holder: Mapping[str, Any]) -> Pair | None:
    """Return the currencies of a card and of its cardholder's limits if they differ; None if not."""
    controls = holder.get(CONTROLS, {})
    named = controls.get("spending_limits_currency")
    if not controls.get("spending_limits") or named in (None, currency):
        return None
    return currency, str(named)
