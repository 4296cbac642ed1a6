"""
The rules that decide a purchase, compiled once from the fields of a card and its cardholder.

See docs.stripe.com/issuing/controls/spending-controls and docs.stripe.com/issuing/purchases/authorizations;
the reasons are those of the SDK's `issuing.Authorization.RequestHistory`. Stripe does not document which of
several reasons it gives [?]; here, the order is card, cardholder, balance, controls.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from msgspec import Struct

from provisioner.core.model.limits import LARGEST_PURCHASE, default_limit
from provisioner.core.model.money import PER, show_money

LISTS = (
    ("categories", "category", "category"),
    ("merchant_countries", "country", "country"),
    ("card_presences", "presence", "card presence"),
)
CONTROLS = "spending_controls"
PER_AUTHORIZATION = "per_authorization"
NO_CATEGORIES: frozenset[str] = frozenset()
# Converts an amount from another currency to the card's; None if the rate is unknown.
Convert = Callable[[int, str], int | None]


class RequestedPurchase(Protocol):
    """A purchase to be decided, in minor units of the card's currency."""

    @property
    def amount(self) -> int:
        """Return the requested amount."""

    @property
    def total(self) -> int:
        """Return the amount of the whole authorization, including this purchase."""

    @property
    def category(self) -> str:
        """Return the merchant's category."""

    @property
    def country(self) -> str:
        """Return the merchant's country."""

    @property
    def presence(self) -> str:
        """Return `present` or `not_present`."""


class Refusal(NamedTuple):
    """A reason to decline a purchase."""

    reason: str
    """Stripe's reason."""
    words: str | Callable[[], str]
    """The reason in words, or a function that returns them: a replay needs the words of few refusals."""
    limit: int = -1
    """The index of the limit that declines the purchase; -1 if it is not a limit."""

    @property
    def why(self) -> str:
        """Return the reason in words."""
        return self.words if isinstance(self.words, str) else self.words()


class ListRule(Struct, frozen=True):
    """A list of allowed or blocked values on a card or cardholder."""

    whose: str
    """`card` or `cardholder`."""
    name: str
    """The list's name without `allowed_` or `blocked_`, such as `merchant_countries`."""
    word: str
    """The word for one of its values, such as "country"."""
    value: Callable[[Any], str]
    """Returns the value of a purchase that the list is about."""
    values: frozenset[str]
    """The values in the list."""
    blocks: bool
    """True if the list blocks its values; False if it allows only its values."""

    def bars(self, asked: RequestedPurchase) -> bool:
        """Return whether the list declines a purchase."""
        return (self.value(asked) in self.values) is self.blocks

    def why(self, asked: RequestedPurchase) -> str:
        """Return in words how the list declines a purchase."""
        verb = "blocks" if self.blocks else "does not allow"
        return f"the {self.whose} {verb} the {self.word} {self.value(asked)}"


class Limit(Struct, frozen=True):
    """A spending limit, in minor units of the card's currency."""

    amount: int
    """The most that may be spent in each interval."""
    interval: str
    """The interval, such as `monthly`."""
    categories: frozenset[str] = NO_CATEGORIES
    """The categories that it applies to; empty for all."""
    whose: str = "card"
    """`card` or `cardholder`."""

    def counts(self, category: str) -> bool:
        """Return whether the limit applies to a merchant category."""
        return not self.categories or category in self.categories

    def words(self, currency: str) -> str:
        """Return the limit in words: `$2,000.00 per month`."""
        return f"{show_money(self.amount, currency)} {PER[self.interval]}"

    def why(self, currency: str, gone: int) -> str:
        """Return in words how the limit declines a purchase when `gone` has been spent of it."""
        said = f", and {show_money(gone, currency)} of it is spent" if gone else ""
        return f"the {self.whose}'s limit is {self.words(currency)}{said}"


class CardRules(Struct, frozen=True):
    """The rules of a card and its cardholder."""

    currency: str
    """The card's currency."""
    lists: tuple[ListRule, ...] = ()
    """The lists, the card's first."""
    limits: tuple[Limit, ...] = ()
    """The limits, the card's first."""
    standing: Refusal | None = None
    """The reason to decline every purchase, such as the card's status; None if there is none."""
    canceled: bool = False
    """True if the card is canceled."""
    expires: int = 0
    """The first time (Unix seconds) at which the card is expired; 0 if it never expires."""
    expiry: str = ""
    """The card's expiry month: `02/2024`."""
    payments: int | None = None
    """The number of payments after which Stripe cancels the card; None if there is no such number."""
    has_default: bool = False
    """True if the only limit is Stripe's default limit."""
    foreign: tuple[Limit, ...] = ()
    """The cardholder's limits in other currencies whose rate is unknown."""


def compile_rules(
    card: Mapping[str, Any],
    holder: Mapping[str, Any],
    *,
    fresh: bool = False,
    disabled: bool = False,
    convert: Convert | None = None,
) -> CardRules:
    """
    Compile the rules of a card and its cardholder from their fields in normal form.

    With `fresh`, Stripe's default limit applies to a card without limits. `disabled` means that Stripe
    requires more information about the cardholder.
    """
    currency = str(card.get("currency", "usd"))
    own, held = card.get(CONTROLS, {}), holder.get(CONTROLS, {})
    limits = [*spending_limits("card", own)]
    has_default = not limits and fresh
    if has_default:
        limits.append(Limit(**default_limit(currency)))
    theirs, foreign = _held_limits(held, currency, convert)
    year, month = card.get("exp_year"), card.get("exp_month")
    ends = card.get("lifecycle_controls", {}).get("cancel_after", {}).get("payment_count")
    return CardRules(
        currency=currency,
        lists=(*list_rules("card", own), *list_rules("cardholder", held)),
        limits=(*limits, *theirs),
        standing=_standing(card, holder, disabled=disabled),
        canceled=card.get("status") == "canceled",
        expires=after_month(int(year), int(month)) if year and month else 0,
        expiry=f"{month:02}/{year}" if year and month else "",
        payments=None if ends is None else int(ends),
        has_default=has_default,
        foreign=foreign,
    )


def _held_limits(
    controls: Mapping[str, Any], currency: str, convert: Convert | None
) -> tuple[Sequence[Limit], tuple[Limit, ...]]:
    """Return a cardholder's limits in the card's currency, and those whose rate is unknown."""
    limits = tuple(spending_limits("cardholder", controls))
    named = controls.get("spending_limits_currency", currency)
    if named == currency or not limits:
        return limits, ()
    amounts = [convert(limit.amount, str(named)) if convert else None for limit in limits]
    both = [(limit, amount) for limit, amount in zip(limits, amounts, strict=True) if amount is not None]
    if len(both) < len(limits):
        return (), limits
    return [Limit(amount, one.interval, one.categories, one.whose) for one, amount in both], ()


def spending_limits(whose: str, controls: Mapping[str, Any]) -> Iterator[Limit]:
    """Yield the limits in the spending controls of a card or cardholder."""
    for row in controls.get("spending_limits", ()):
        yield Limit(int(row["amount"]), row["interval"], frozenset(row.get("categories", ())), whose)


def list_rules(whose: str, controls: Mapping[str, Any]) -> Iterator[ListRule]:
    """Yield the lists in spending controls; an empty list neither allows nor blocks anything."""
    for name, attribute, word in LISTS:
        for prefix in ("allowed", "blocked"):
            if values := controls.get(f"{prefix}_{name}"):
                yield ListRule(
                    whose, name, word, attrgetter(attribute), frozenset(values), prefix == "blocked"
                )


def _standing(card: Mapping[str, Any], holder: Mapping[str, Any], *, disabled: bool) -> Refusal | None:
    if card.get("status", "inactive") != "active":
        return Refusal("card_inactive", "the card is inactive")
    if (status := holder.get("status", "active")) != "active":
        return Refusal(f"cardholder_{status}", f"the cardholder is {status}")
    if disabled:
        why = "Stripe requires more information about the cardholder"
        return Refusal("cardholder_verification_required", why)
    return None


@lru_cache(maxsize=512)
def after_month(year: int, month: int) -> int:
    """Return the first moment after a month (Unix seconds, UTC)."""
    return int(dt.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=dt.UTC).timestamp())


def refusal(
    asked: RequestedPurchase,
    rules: CardRules,
    spent: Sequence[int],
    at: int,
    *,
    payments: int = 0,
    available: int | None = None,
) -> Refusal | None:
    """
    Return the first reason to decline a purchase, or None.

    `spent` has, for each limit of the rules, the amount spent in the window that contains `at` (Unix
    seconds). `payments` is the number of payments that the card has made; `available` is the Issuing balance.
    """
    if standing := _status(rules, at, payments):
        return standing
    if available is not None and asked.amount > available:
        money = show_money(available, rules.currency)
        return Refusal("insufficient_funds", f"the Issuing balance has {money} available")
    for rule in rules.lists:
        if rule.bars(asked):
            return Refusal(CONTROLS, partial(rule.why, asked))
    if asked.total > LARGEST_PURCHASE:
        most = show_money(LARGEST_PURCHASE, rules.currency)
        return Refusal(CONTROLS, f"Stripe approves at most {most} per purchase")
    category = asked.category
    for place, limit in enumerate(rules.limits):
        if limit.categories and category not in limit.categories:
            continue
        single = limit.interval == PER_AUTHORIZATION
        if (asked.total if single else spent[place] + asked.amount) > limit.amount:
            gone = 0 if single else spent[place]
            return Refusal(CONTROLS, partial(limit.why, rules.currency, gone), place)
    return None


def _status(rules: CardRules, at: int, payments: int) -> Refusal | None:
    """Return the reason to decline that does not depend on the purchase, such as a status."""
    if rules.payments is not None and payments >= rules.payments:
        return Refusal("card_canceled", f"Stripe cancels the card after {rules.payments} payments")
    if rules.canceled:
        return Refusal("card_canceled", "the card is canceled")
    if 0 < rules.expires <= at:
        return Refusal("card_expired", f"the card expires at the end of {rules.expiry}")
    return rules.standing
