"""
Whether a purchase is approved, and if not, Stripe's reason: pure functions of what bears on it.

docs.stripe.com/issuing/purchases/authorizations, docs.stripe.com/issuing/controls/spending-controls;
the reasons are those of the SDK's `issuing.Authorization.RequestHistory`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provisioner.sandbox.rules.purchases import windows

# docs.stripe.com/issuing/controls/spending-controls: 10,000 per authorization, which nobody can raise.
MOST_PER_AUTHORIZATION = 1_000_000


@dataclass(frozen=True)
class AttemptedPurchase:
    """
    What a merchant asks for, in minor units of the card's currency.

    `amount` is what would be added, `total` what the authorization would then stand at; they
    differ when an authorization is incremented. `presence` is `present` or `not_present`.
    """

    amount: int
    total: int
    category: str
    country: str
    presence: str
    at: int


@dataclass(frozen=True)
class Spent:
    """An earlier purchase as limits count it: minor units of the card's currency, and its moment."""

    amount: int
    category: str
    at: int


@dataclass(frozen=True)
class Rules:
    """The spending controls of one card or cardholder, and what was spent that counts towards its limits."""

    controls: Mapping[str, Any]
    limits: Sequence[Mapping[str, Any]]
    spent: Sequence[Spent]


@dataclass(frozen=True)
class Judgement:
    """
    An answer to a purchase: approved or not, and Stripe's reason.

    `amount` is a smaller amount to approve; `message` says more about a failed webhook.
    """

    approved: bool
    reason: str
    amount: int | None = None
    message: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


def refusal(
    purchase: AttemptedPurchase,
    card: Mapping[str, Any],
    cardholder: Mapping[str, Any],
    available: int,
    rules: Iterable[Rules],
) -> str | None:
    """
    Why a purchase is declined, or None.

    `card` and `cardholder` are as Stripe shows them, `available` is the Issuing balance in the
    card's currency. The first reason wins: card, cardholder, funds, controls. [?] Stripe does not
    document which of several reasons it gives.
    """
    return (
        _card(card, purchase.at)
        or _cardholder(cardholder)
        or ("insufficient_funds" if purchase.amount > available else None)
        or ("spending_controls" if _controlled(purchase, rules) else None)
    )


def _card(card: Mapping[str, Any], now: int) -> str | None:
    if card["status"] == "canceled":
        return "card_canceled"
    if now >= windows.after_month(card["exp_year"], card["exp_month"]):
        return "card_expired"
    return None if card["status"] == "active" else "card_inactive"


def _cardholder(cardholder: Mapping[str, Any]) -> str | None:
    if cardholder["status"] != "active":
        return f"cardholder_{cardholder['status']}"
    return "cardholder_verification_required" if cardholder["requirements"]["disabled_reason"] else None


def _controlled(purchase: AttemptedPurchase, rules: Iterable[Rules]) -> bool:
    return purchase.total > MOST_PER_AUTHORIZATION or any(
        _listed_out(purchase, rule.controls) or any(_beyond(purchase, limit, rule) for limit in rule.limits)
        for rule in rules
    )


def _listed_out(purchase: AttemptedPurchase, controls: Mapping[str, Any]) -> bool:
    """Whether an allow-list lacks the purchase's category, country or presence, or a block-list has it."""
    for name, value in (
        ("categories", purchase.category),
        ("merchant_countries", purchase.country),
        ("card_presences", purchase.presence),
    ):
        allowed, blocked = controls[f"allowed_{name}"], controls[f"blocked_{name}"]
        if (allowed and value not in allowed) or (blocked and value in blocked):
            return True
    return False


def _beyond(purchase: AttemptedPurchase, limit: Mapping[str, Any], rule: Rules) -> bool:
    """Whether the purchase would go past a limit; one with categories limits these and no others."""
    categories = limit["categories"]
    if categories and purchase.category not in categories:
        return False
    if limit["interval"] == "per_authorization":
        return purchase.total > int(limit["amount"])
    begun = windows.start(limit["interval"], purchase.at)
    spent = sum(
        one.amount for one in rule.spent if one.at >= begun and (not categories or one.category in categories)
    )
    return spent + purchase.amount > int(limit["amount"])
