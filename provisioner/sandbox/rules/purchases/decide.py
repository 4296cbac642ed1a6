"""
Pure functions that decide whether a purchase is approved, and Stripe's reason if it is declined.

docs.stripe.com/issuing/purchases/authorizations, docs.stripe.com/issuing/controls/spending-controls; for
the start of a limit's interval see docs.stripe.com/api/issuing/cards/object. The reasons are from the SDK's
`issuing.Authorization.RequestHistory`.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# docs.stripe.com/issuing/controls/spending-controls: at most 10,000 per authorization.
MOST_PER_AUTHORIZATION = 1_000_000
# docs.stripe.com/issuing/purchases/atm-usage: withdrawals (6011) need Stripe's approval of the account.
CASH = frozenset({"automated_cash_disburse"})
# docs.stripe.com/issuing/controls/lifecycle-controls: 1 USD, with which businesses test cards.
SMALL = 100


# The reasons that Stripe, and not the account's webhook, gives for a decision: SDK, RequestHistory.reason.
REASONS = (
    "account_disabled",
    "card_active",
    "card_canceled",
    "card_expired",
    "card_inactive",
    "cardholder_blocked",
    "cardholder_inactive",
    "cardholder_verification_required",
    "insecure_authorization_method",
    "insufficient_funds",
    "network_fallback",
    "not_allowed",
    "pin_blocked",
    "spending_controls",
    "stripe_internal_error",
    "suspected_fraud",
    "verification_failed",
)


@dataclass(frozen=True)
class AttemptedPurchase:
    """A purchase that a merchant requests; amounts are in minor units of the card's currency."""

    amount: int
    """The requested amount."""
    total: int
    """The amount of the authorization with it; higher than `amount` for an incremental request."""
    category: str
    """The merchant category."""
    country: str
    """The two-letter country of the merchant."""
    presence: str
    """`present` or `not_present`."""
    at: int
    """The time (Unix seconds)."""
    method: str = "online"
    """The way the card was read (`chip`)."""


@dataclass(frozen=True)
class Spent:
    """An earlier purchase."""

    amount: int
    """The amount in minor units of the card's currency."""
    category: str
    """The merchant category."""
    at: int
    """The time (Unix seconds)."""


@dataclass(frozen=True)
class Rules:
    """The rules of one card or cardholder."""

    controls: Mapping[str, Any]
    """The spending controls."""
    limits: Sequence[Mapping[str, Any]]
    """The spending limits, with the default limit if it applies."""
    spent: Sequence[Spent]
    """The spending that counts towards the limits."""


@dataclass(frozen=True)
class Judgement:
    """A decision about a purchase."""

    approved: bool
    """True if the purchase is approved."""
    reason: str
    """Stripe's reason."""
    amount: int | None = None
    """A smaller amount to approve, if any."""
    message: str | None = None
    """A description of the failure of a webhook, if any."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """The metadata in the response of a webhook."""
    challenge: bool = False
    """True if a decline sends a fraud challenge to the cardholder."""


def refusal(
    purchase: AttemptedPurchase,
    card: Mapping[str, Any],
    cardholder: Mapping[str, Any],
    available: int,
    rules: Iterable[Rules],
) -> str | None:
    """
    Return why a purchase is declined, or None.

    `card` has its stored form, `cardholder` that of responses, `available` is the Issuing balance in the
    card's currency. The first reason wins: card, cardholder, funds, controls. [?] Stripe does not
    document which of several reasons it gives.
    """
    if card["status"] == "canceled":
        return "card_canceled"
    if purchase.at >= after_month(card["exp_year"], card["exp_month"]):
        return "card_expired"
    if card["status"] != "active":
        return "card_inactive"
    if card.get("_pin_blocked") and purchase.method == "chip":
        return "pin_blocked"
    if cardholder["status"] != "active":
        return f"cardholder_{cardholder['status']}"
    if cardholder["requirements"]["disabled_reason"]:
        return "cardholder_verification_required"
    if purchase.amount > available:
        return "insufficient_funds"
    if purchase.total > MOST_PER_AUTHORIZATION or any(_forbids(rule, purchase) for rule in rules):
        return "spending_controls"
    return None


def is_mistaken(checks: Mapping[str, Any]) -> bool:
    """Return True if the CVC or the expiry is wrong, or if 3D Secure failed, but not for a wrong address."""
    secure = checks.get("three_d_secure") or {}
    wrong = "mismatch" in (checks.get("cvc_check"), checks.get("expiry_check"))
    return wrong or secure.get("result") == "failed"


def _forbids(rule: Rules, purchase: AttemptedPurchase) -> bool:
    """Return True if an allow-list, a block-list, or a limit forbids the purchase."""
    for name, value in (
        ("categories", purchase.category),
        ("merchant_countries", purchase.country),
        ("card_presences", purchase.presence),
    ):
        allowed, blocked = rule.controls[f"allowed_{name}"], rule.controls[f"blocked_{name}"]
        if (allowed and value not in allowed) or (blocked and value in blocked):
            return True
    return any(_beyond(purchase, limit, rule) for limit in rule.limits)


def _beyond(purchase: AttemptedPurchase, limit: Mapping[str, Any], rule: Rules) -> bool:
    """Return True if the purchase would exceed a limit; a limit with categories applies only to these."""
    categories = limit["categories"]
    if categories and purchase.category not in categories:
        return False
    if limit["interval"] == "per_authorization":
        return purchase.total > int(limit["amount"])
    begun = window_start(limit["interval"], purchase.at)
    spent = sum(
        one.amount for one in rule.spent if one.at >= begun and (not categories or one.category in categories)
    )
    return spent + purchase.amount > int(limit["amount"])


def window_start(interval: str, now: int) -> int:
    """
    Return the time (Unix seconds) from which spending counts towards a limit of this interval at `now`.

    Days begin at midnight UTC, weeks on Sunday, months on the 1st, years on January 1st; `all_time`
    counts from the beginning. `per_authorization` looks at one purchase alone: it starts now.
    """
    midnight = dt.datetime.fromtimestamp(now, dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match interval:
        case "per_authorization":
            return now
        case "daily":
            begun = midnight
        case "weekly":
            begun = midnight - dt.timedelta(days=midnight.isoweekday() % 7)
        case "monthly":
            begun = midnight.replace(day=1)
        case "yearly":
            begun = midnight.replace(month=1, day=1)
        case _:
            return 0
    return int(begun.timestamp())


def after_month(year: int, month: int) -> int:
    """Return the end of a month (Unix seconds, UTC), at which a card with this expiry expires."""
    later = dt.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=dt.UTC)
    return int(later.timestamp())
