"""Predicts Stripe's answer to a purchase from the configuration alone, without network or clock."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from provisioner.core.model.currencies import country_of, currency_of
from provisioner.core.model.limits import DEFAULT_A_DAY, LARGEST_PURCHASE, default_limit
from provisioner.core.model.scenario import (
    APPROVED,
    Answer,
    Course,
    Facts,
    Purchase,
    Scenario,
    Unsure,
    Verdict,
)
from provisioner.core.purchases.rules import PER_AUTHORIZATION, CardRules, Limit, compile_rules, refusal
from provisioner.core.purchases.windows import PLACES, windows

MOMENT = int(dt.datetime(2025, 1, 15, 12, tzinfo=dt.UTC).timestamp())
CASH = "automated_cash_disburse"  # docs.stripe.com/issuing/purchases/atm-usage
# The reasons that the simulator can predict; others do not follow from a configuration.
REASONS = frozenset(
    "card_canceled card_expired card_inactive cardholder_blocked cardholder_inactive "
    "cardholder_verification_required insufficient_funds spending_controls".split()
)


def simulate(scenario: Scenario, facts: Facts, now: int = MOMENT) -> Course:
    """
    Simulate the purchases of a scenario in order, up to the first that is not approved.

    Purchases without a time happen at `now` (Unix seconds).
    """
    rules = rules_of(facts)
    for place, asked in enumerate(scenario.purchases):
        purchase = asked if asked.at is not None else replace(asked, at=now)
        answer = decide(purchase, facts, rules)
        if isinstance(answer, Unsure) or not answer.approved:
            return Course(place, answer)
        facts = spend(purchase, facts)
    return Course(len(scenario.after), Verdict(approved=True, reason=APPROVED))


def rules_of(facts: Facts) -> CardRules:
    """Return the rules that decide the purchases of the card in some facts."""
    return compile_rules(facts.card, facts.holder, fresh=facts.fresh, disabled=facts.disabled)


def spend(purchase: Purchase, facts: Facts) -> Facts:
    """Return the facts after an approved purchase."""
    return replace(
        facts,
        available=None if facts.available is None else facts.available - purchase.amount,
        on_card=(*facts.on_card, purchase),
        on_holder=(*facts.on_holder, purchase),
        payments=facts.payments + (purchase.amount > 0),
    )


def decide(purchase: Purchase, facts: Facts, rules: CardRules | None = None) -> Answer:
    """Return Stripe's answer to one purchase; `rules` are those of the facts."""
    rules = rules or rules_of(facts)
    refused = refusal(
        purchase,
        rules,
        [spent(limit, purchase, _counted(limit, facts)) for limit in rules.limits],
        _moment(purchase),
        payments=facts.payments,
        available=facts.available,
    )
    if refused:
        return Verdict(approved=False, reason=refused.reason, why="" if facts.hidden else refused.why)
    if doubt := _doubt(purchase, facts, rules):
        return Unsure(doubt)
    return Verdict(approved=True, reason=APPROVED)


def room(purchase: Purchase, facts: Facts) -> int:
    """Return the most that all limits leave for a purchase like this, in minor units; never below 0."""
    left = [
        limit.amount - spent(limit, purchase, _counted(limit, facts))
        for limit in rules_of(facts).limits
        if limit.counts(purchase.category)
    ]
    return max(0, min([LARGEST_PURCHASE, *left]))


def payments_left(facts: Facts) -> int | None:
    """
    Return how many payments the card can still make before Stripe cancels it; None if there is no
    maximum.
    """
    ends = rules_of(facts).payments
    return None if ends is None else max(0, ends - facts.payments)


def owes(holder: Mapping[str, Any], currency: str) -> bool:
    """
    Return whether Stripe requires more information about a cardholder before its cards can be active.

    Stripe requires a person's names everywhere and, in the US, acceptance of the bank's terms
    (docs.stripe.com/issuing/other/choose-cardholder). The result is False for an unknown cardholder.
    """
    if not holder or holder.get("type", "individual") != "individual":
        return False
    person = holder.get("individual", {})
    terms = person.get("card_issuing", {}).get("user_terms_acceptance", {})
    named = person.get("first_name") and person.get("last_name")
    country = country_of(currency_of(currency).home)
    return not named or (country.asks_acceptance and not (terms.get("date") and terms.get("ip")))


def spent(limit: Limit, purchase: Purchase, past: Sequence[Purchase]) -> int:
    """Return the amount already spent of a limit in the window that contains the purchase."""
    if limit.interval == PER_AUTHORIZATION:
        return 0
    place = PLACES[limit.interval]
    here = windows(_moment(purchase))[place]
    return sum(
        one.amount for one in past if limit.counts(one.category) and windows(_moment(one))[place] == here
    )


def _counted(limit: Limit, facts: Facts) -> Sequence[Purchase]:
    """Return the purchases that count towards a limit."""
    return facts.on_card if limit.whose == "card" else facts.on_holder


def _moment(purchase: Purchase) -> int:
    return MOMENT if purchase.at is None else purchase.at


def _doubt(purchase: Purchase, facts: Facts, rules: CardRules) -> str:
    """Return why an approval is uncertain, because only Stripe knows the reason; empty if it is certain."""
    if purchase.category == CASH:
        return "Stripe declines cash withdrawals unless it has enabled them for the account"
    if any(limit.counts(purchase.category) for limit in rules.foreign):
        return "the cardholder's limits are in another currency, and Stripe's exchange rate is not known"
    default = Limit(**default_limit(rules.currency))
    if (
        not any(limit.whose == "card" for limit in rules.limits)
        and spent(default, purchase, facts.on_card) + purchase.amount > default.amount
    ):
        default_words = f"its default limit of {DEFAULT_A_DAY} per day"
        return f"Stripe does not document whether {default_words} returns when limits are cleared"
    return ""
