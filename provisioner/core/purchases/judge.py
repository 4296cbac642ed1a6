"""Judges one past purchase by the controls that were in force and by the planned ones."""

from collections.abc import Callable, Sequence

from provisioner.core.purchases.card_state import BoundRules, CardState, default_of, is_dead
from provisioner.core.purchases.findings import Findings
from provisioner.core.purchases.past import PastRequest
from provisioner.core.purchases.rules import CONTROLS, CardRules, Refusal, refusal
from provisioner.core.purchases.spending_ledger import WindowTally, planned_of, spent_of

# The reasons of declines that statuses and controls explain. Purchases declined for others stay declined.
EXPLAINED = frozenset(
    "card_canceled card_expired card_inactive cardholder_blocked cardholder_inactive "
    "cardholder_verification_required spending_controls".split()
)
NO_RATE, DEFAULT_LIMIT = "no_exchange_rate", "default_limit"
Windows = Sequence[int]
Counted = Callable[[Sequence[WindowTally], Windows], list[int]]


class Judge:
    """Judges purchases in the order of time, and records the findings."""

    def __init__(self, findings: Findings, horizon: int) -> None:
        self.findings, self.horizon = findings, horizon

    def decide(self, request: PastRequest, asked: PastRequest, state: CardState, now: Windows) -> bool:
        """
        Return whether a purchase would be approved under the plan, and record what changes.

        `asked` is the request as it would be made under the plan; `now` identifies the windows at its time. A
        decision that does not depend on the controls stays unchanged.
        """
        approved = self._decide(request, asked, state, now)
        self.findings.judged(request, approved=approved)
        return approved

    def follow_up(self, request: PastRequest, state: CardState, now: Windows) -> None:
        """
        Count an increase of an authorization that the plan declines; under the plan it would not be
        requested.
        """
        if request.approved or request.reason in EXPLAINED:
            self._compare(request, state, now)
        else:
            self.findings.unjudged[request.reason] += 1
        self.findings.judged(request, approved=request.approved)

    def explains(self, request: PastRequest, state: CardState, now: Windows) -> bool:
        """Return whether the controls in force explain Stripe's decision."""
        if not request.approved and request.reason not in EXPLAINED:
            return True
        bound = state.in_force(request.at)
        refused = _refused(bound, request, now)
        is_open = refused is None and _is_foreign(bound.rules, request)
        return is_open or (refused is None) == request.approved

    def _compare(self, request: PastRequest, state: CardState, now: Windows) -> tuple[Refusal | None, bool]:
        """
        Return why the controls in force decline a purchase, and whether they are known well enough to say
        so.
        """
        bound = state.in_force(request.at)
        refused = _refused(bound, request, now)
        if refused is None and _is_foreign(bound.rules, request):
            self.findings.unjudged[NO_RATE] += 1
            return None, False
        self.findings.compare(request, state, refused, self.horizon)
        return refused, True

    def _decide(self, request: PastRequest, asked: PastRequest, state: CardState, now: Windows) -> bool:
        was = request.approved
        if not was and request.reason not in EXPLAINED:
            self.findings.unjudged[request.reason] += 1
            return False
        then, is_known = self._compare(request, state, now)
        if not is_known or (not was and is_dead(state, request.reason)):
            return was
        if state.is_untouched(request.at) and asked is request and (then is None) == was:
            if then and then.limit >= 0:
                state.in_force(request.at).tallies[then.limit].declines += 1
            return was
        plan = state.as_planned(request.at)
        spent = planned_of(plan.tallies, now)
        refused = refusal(asked, plan.rules, spent, request.at, payments=state.paid)
        if refused is None and _is_foreign(plan.rules, asked):
            self.findings.unjudged[NO_RATE] += 1
            return was
        if refused is None and _is_over_default(plan, asked, planned_of, now):
            # If the card had limits then and has none now, it is unknown whether Stripe's default limit
            # returned.
            self.findings.unjudged[DEFAULT_LIMIT] += state.in_force(request.at).default is None
            return was
        if state.own.planned is None and (then is None) != was:
            return was  # The controls that the plan leaves unchanged do not explain the past decision.
        if refused and refused.limit >= 0:
            plan.tallies[refused.limit].declines += 1
        if (refused is None) != was:
            self.findings.changed(request, state, refused or then)
        return refused is None


def _refused(bound: BoundRules, request: PastRequest, now: Windows) -> Refusal | None:
    """
    Return why the controls in force decline a purchase; None if they do not.

    Stripe does not document whether its default limit applies to a card without limits [?]. If the default
    limit explains a decline, it is assumed to apply.
    """
    refused = refusal(request, bound.rules, spent_of(bound.tallies, now), request.at)
    if refused is None and request.reason == CONTROLS and _is_over_default(bound, request, spent_of, now):
        return Refusal(CONTROLS, "Stripe's default limit")
    return refused


def _is_over_default(bound: BoundRules, asked: PastRequest, counted: Counted, now: Windows) -> bool:
    """Return whether only Stripe's default limit, if it applies, declines a purchase."""
    if bound.default is None:
        return False
    [spent] = counted([bound.default], now)
    return spent + asked.amount > default_of(bound.rules.currency).amount


def _is_foreign(rules: CardRules, asked: PastRequest) -> bool:
    """Return whether a limit applies whose amount in the card's currency is unknown."""
    return bool(rules.foreign) and any(limit.counts(asked.category) for limit in rules.foreign)
