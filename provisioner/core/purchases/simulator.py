"""
Predict Stripe's answer to a purchase from the declaration alone; no network, no clock.

docs.stripe.com/issuing/controls/spending-controls, docs.stripe.com/issuing/purchases/authorizations; the
reasons are those of the SDK's `issuing.Authorization.RequestHistory`. Which of several reasons Stripe
gives is not documented [?]; here the card comes first, then its holder, the money, the controls.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from provisioner.core.model.currencies import country_of, currency_of
from provisioner.core.model.limits import DEFAULT_A_DAY, LARGEST_PURCHASE, default_limit
from provisioner.core.model.money import PER, show_money
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

MOMENT = int(dt.datetime(2025, 1, 15, 12, tzinfo=dt.UTC).timestamp())
LISTS = (
    ("categories", "category", "category"),
    ("merchant_countries", "country", "country"),
    ("card_presences", "presence", "card presence"),
)
CASH = "automated_cash_disburse"  # docs.stripe.com/issuing/purchases/atm-usage
# The reasons for which the purchases here are declined; others are beyond what a declaration tells.
REASONS = frozenset(
    "card_canceled card_expired card_inactive cardholder_blocked cardholder_inactive "
    "cardholder_verification_required insufficient_funds spending_controls".split()
)


def simulate(scenario: Scenario, facts: Facts, now: int = MOMENT) -> Course:
    """
    Make the purchases of a scenario one after the other, up to the first that is not approved.

    Those without a time happen at `now` (unix seconds).
    """
    for place, asked in enumerate(scenario.purchases):
        purchase = asked if asked.at is not None else replace(asked, at=now)
        answer = decide(purchase, facts)
        if isinstance(answer, Unsure) or not answer.approved:
            return Course(place, answer)
        facts = spend(purchase, facts)
    return Course(len(scenario.after), Verdict(approved=True, reason=APPROVED))


def spend(purchase: Purchase, facts: Facts) -> Facts:
    """Return the facts after an approved purchase."""
    return replace(
        facts,
        available=None if facts.available is None else facts.available - purchase.amount,
        on_card=(*facts.on_card, purchase),
        on_holder=(*facts.on_holder, purchase),
        payments=facts.payments + (purchase.amount > 0),
    )


def decide(purchase: Purchase, facts: Facts) -> Answer:
    """Return the answer that Stripe would give to one purchase."""
    for reason, why in _refusals(purchase, facts):
        return Verdict(approved=False, reason=reason, why="" if facts.hidden else why)
    if doubt := _doubt(purchase, facts):
        return Unsure(doubt)
    return Verdict(approved=True, reason=APPROVED)


def room(purchase: Purchase, facts: Facts) -> int:
    """Return the most that the limits leave for such a purchase, in minor units; never below 0."""
    left = [
        int(limit["amount"]) - spent(limit, purchase, past)
        for _, limit, past in limits(facts)
        if counts(limit, purchase)
    ]
    return max(0, min([LARGEST_PURCHASE, *left]))


def counts(limit: Mapping[str, Any], purchase: Purchase) -> bool:
    """Return whether a limit applies to a purchase: a limit with categories applies only to those."""
    categories = limit.get("categories")
    return not categories or purchase.category in categories


def limit_words(limit: Mapping[str, Any], currency: str) -> str:
    """Return a limit in everyday words: `$2,000.00 per month`."""
    return f"{show_money(int(limit['amount']), currency)} {PER[limit['interval']]}"


def _refusals(purchase: Purchase, facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield why the purchase is declined: Stripe's reason and an explanation, the first reason first."""
    yield from _card(purchase, facts)
    if (status := facts.holder.get("status", "active")) != "active":
        yield f"cardholder_{status}", f"the cardholder is {status}"
    if facts.disabled:
        yield "cardholder_verification_required", "Stripe requires more information about the cardholder"
    currency = _currency(facts)
    if facts.available is not None and purchase.amount > facts.available:
        available = show_money(facts.available, currency)
        yield "insufficient_funds", f"the Issuing balance has {available} available"
    for whose, fields in (("card", facts.card), ("cardholder", facts.holder)):
        for why in listed_out(purchase, fields.get("spending_controls", {})):
            yield "spending_controls", f"the {whose} {why}"
    if purchase.amount > LARGEST_PURCHASE:
        most = show_money(LARGEST_PURCHASE, currency)
        yield "spending_controls", f"Stripe approves at most {most} per purchase"
    for whose, limit, past in limits(facts):
        gone = spent(limit, purchase, past)
        if counts(limit, purchase) and gone + purchase.amount > int(limit["amount"]):
            said = f", and {show_money(gone, currency)} of it is spent" if gone else ""
            yield "spending_controls", f"the {whose}'s limit is {limit_words(limit, currency)}{said}"


def _card(purchase: Purchase, facts: Facts) -> Iterator[tuple[str, str]]:
    card = facts.card
    if payments_left(facts) == 0:
        yield "card_canceled", f"Stripe cancels the card after {facts.payments} payments"
    if card.get("status") == "canceled":
        yield "card_canceled", "the card is canceled"
    expiry = (card.get("exp_year"), card.get("exp_month"))
    today = _day(purchase)
    if None not in expiry and (today.year, today.month) > expiry:
        yield "card_expired", f"the card expires at the end of {expiry[1]:02}/{expiry[0]}"
    if card.get("status", "inactive") != "active":
        yield "card_inactive", "the card is inactive"


def payments_left(facts: Facts) -> int | None:
    """Return how many more payments the card can make before Stripe cancels it; None means no maximum."""
    ends = facts.card.get("lifecycle_controls", {}).get("cancel_after", {}).get("payment_count")
    return None if ends is None else max(0, int(ends) - facts.payments)


def owes(holder: Mapping[str, Any], currency: str) -> bool:
    """
    Return whether Stripe requires more of a cardholder before its cards can be active.

    Stripe requires a person's names everywhere and, in the US, also acceptance of the bank's terms
    (docs.stripe.com/issuing/other/choose-cardholder). A cardholder that is not known here owes nothing.
    """
    if not holder or holder.get("type", "individual") != "individual":
        return False
    person = holder.get("individual", {})
    terms = person.get("card_issuing", {}).get("user_terms_acceptance", {})
    named = person.get("first_name") and person.get("last_name")
    country = country_of(currency_of(currency).home)
    return not named or (country.asks_acceptance and not (terms.get("date") and terms.get("ip")))


def listed_out(purchase: Purchase, controls: Mapping[str, Any]) -> Iterator[str]:
    """Say by which lists the purchase is declined; nothing when none does."""
    for name, attribute, word in LISTS:
        value = getattr(purchase, attribute)
        allowed, blocked = controls.get(f"allowed_{name}"), controls.get(f"blocked_{name}")
        if allowed and value not in allowed:
            yield f"does not allow the {word} {value}"
        if blocked and value in blocked:
            yield f"blocks the {word} {value}"


def limits(facts: Facts) -> Iterator[tuple[str, Mapping[str, Any], tuple[Purchase, ...]]]:
    """Yield every limit whose amount is certain, with its owner and the purchases that count towards it."""
    own = facts.card.get("spending_controls", {}).get("spending_limits")
    if not own and facts.fresh:
        own = (default_limit(_currency(facts)),)
    yield from (("card", limit, facts.on_card) for limit in own or ())
    if not _is_foreign(facts):
        yield from (("cardholder", limit, facts.on_holder) for limit in _held(facts))


def _held(facts: Facts) -> tuple[Mapping[str, Any], ...]:
    """Return the cardholder's own limits."""
    return tuple(facts.holder.get("spending_controls", {}).get("spending_limits", ()))


def _is_foreign(facts: Facts) -> bool:
    """Return whether the cardholder's limits are in a different currency than the card's."""
    named = facts.holder.get("spending_controls", {}).get("spending_limits_currency")
    return named not in (None, _currency(facts))


def spent(limit: Mapping[str, Any], purchase: Purchase, past: tuple[Purchase, ...]) -> int:
    """Return the amount already spent from a limit in the interval that contains the purchase."""
    if limit["interval"] == "per_authorization":
        return 0
    here = _stretch(limit["interval"], purchase)
    return sum(one.amount for one in past if counts(limit, one) and _stretch(limit["interval"], one) == here)


def _stretch(interval: str, purchase: Purchase) -> tuple[int, ...]:
    """Return a key that all purchases in the same interval share; in UTC, with weeks that begin on Sunday."""
    day = _day(purchase)
    match interval:
        case "daily":
            return (day.toordinal(),)
        case "weekly":
            return (day.toordinal() // 7,)  # day 1 of the proleptic calendar was a Monday, so 0 a Sunday
        case "monthly":
            return (day.year, day.month)
        case "yearly":
            return (day.year,)
        case _:
            return ()


def _day(purchase: Purchase) -> dt.date:
    at = MOMENT if purchase.at is None else purchase.at
    return dt.datetime.fromtimestamp(at, dt.UTC).date()


def _doubt(purchase: Purchase, facts: Facts) -> str:
    """Return what nobody outside Stripe can know about an approval; empty if there is no doubt."""
    if purchase.category == CASH:
        return "Stripe declines cash withdrawals unless it has enabled them for the account"
    if _is_foreign(facts) and any(counts(limit, purchase) for limit in _held(facts)):
        return "the cardholder's limits are in another currency, and Stripe's exchange rate is not known"
    limited = facts.card.get("spending_controls", {}).get("spending_limits")
    default = default_limit(_currency(facts))
    if (
        not limited
        and not facts.fresh
        and spent(default, purchase, facts.on_card) + purchase.amount > default["amount"]
    ):
        default_words = f"its default limit of {DEFAULT_A_DAY} per day"
        return f"Stripe does not document whether {default_words} returns when limits are cleared"
    return ""


def _currency(facts: Facts) -> str:
    return str(facts.card.get("currency", "usd"))
