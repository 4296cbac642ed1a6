"""The result of a backtest: the JSON of `backtest --format json`, which every other view reads, too."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from provisioner.core.model.json_document import Count, Currency

Minor = Annotated[int, Meta(ge=0, description="In minor units.")]


class CurrencyAmount(Struct, frozen=True):
    """The total of the purchases in one currency."""

    currency: Currency
    amount: Minor


class ChangedPurchases(Struct, frozen=True, kw_only=True):
    """Purchases whose decision would be different under the plan."""

    count: Count = 0
    """The number of purchases. Each increase of an authorization counts as a purchase."""
    amounts: tuple[CurrencyAmount, ...] = ()
    """
    Their totals by currency: approved amounts of newly declined ones, requested amounts of newly approved
    ones.
    """


class Agreement(Struct, frozen=True, kw_only=True):
    """The share of past decisions that the replay reproduces, as a measure of its reliability."""

    compared: Count = 0
    """The number of past decisions that were judged again under the controls in force at the time."""
    agreed: Count = 0
    """The number of these for which the replay and Stripe give the same answer."""


class ChangedForCard(Struct, frozen=True, kw_only=True):
    """The purchases of one card whose decision would be different under the plan."""

    address: str
    """The card's section and name in the YAML, or Stripe's id if it is not in the configuration."""
    newly_declined: Count = 0
    """The number of approved purchases that would be declined."""
    newly_approved: Count = 0
    """The number of declined purchases that would be approved."""
    amount: Minor = 0
    """The amount of the newly declined purchases."""
    amount_approved: Minor = 0
    """The amount of the newly approved purchases."""
    currency: Currency
    """The card's currency."""
    declared: bool = True
    """False if the card is not in the configuration, so that only its cardholder's controls change."""


class ChangedForGroup(Struct, frozen=True, kw_only=True):
    """
    The purchases of a team, or in a merchant category, whose decision would be different under the
    plan.
    """

    name: str
    """The team, or the merchant category; empty for cards without a team."""
    newly_declined: ChangedPurchases = ChangedPurchases()
    """Approved purchases that would be declined."""
    newly_approved: ChangedPurchases = ChangedPurchases()
    """Declined purchases that would be approved."""


class PurchaseExample(Struct, frozen=True, kw_only=True):
    """One past purchase whose decision differs."""

    at: str
    """The time: ISO 8601, in UTC."""
    address: str
    """The card's section and name in the YAML, or Stripe's id if it is not in the configuration."""
    amount: Minor
    """The amount in the card's currency."""
    currency: Currency
    """The card's currency."""
    category: str
    """The merchant's category."""
    country: str
    """The merchant's country."""
    merchant: str = ""
    """The merchant's name; empty unless `--merchant-names` is given."""
    was: Literal["approved", "declined"]
    """Stripe's decision."""
    reason: str
    """Stripe's reason for it."""
    becomes: Literal["approved", "declined"]
    """The decision of the replay: under the planned controls or, for a disagreement, under those in force."""
    rule: str = ""
    """The rule that declines the purchase, in words; empty if it is unknown or contains hidden values."""


class DayOfPurchases(Struct, frozen=True, kw_only=True):
    """The purchases of one day."""

    day: str
    """The day in UTC: 2026-11-30."""
    approved: Count = 0
    """The number of purchases approved in the past and under the plan."""
    declined: Count = 0
    """The number of purchases declined in the past and under the plan."""
    newly_declined: Count = 0
    """The number of purchases approved in the past, and declined under the plan."""
    newly_approved: Count = 0
    """The number of purchases declined in the past, and approved under the plan."""


class UnjudgedReason(Struct, frozen=True, kw_only=True):
    """A reason for which purchases keep their decision."""

    reason: str
    """Stripe's reason, such as `insufficient_funds`, or `no_exchange_rate` or `default_limit`."""
    count: Count
    """The number of purchases."""


class UnknownControls(Struct, frozen=True, kw_only=True):
    """Decisions that cannot be compared, because the controls at their time are not known."""

    count: Count = 0
    """The number of decisions."""
    addresses: tuple[str, ...] = ()
    """The cards concerned, by address or Stripe's id."""
    before: str = ""
    """
    The time since which all changes of controls are known: ISO 8601, in UTC; empty if it does not
    matter.
    """


class LimitHeadroom(Struct, frozen=True, kw_only=True):
    """The use of one limit."""

    address: str
    """The section and name of the card or cardholder in the YAML."""
    interval: str
    """The interval of the limit."""
    categories: tuple[str, ...] = ()
    """The categories of the limit; empty for all."""
    currency: Currency
    """The currency of the amounts."""
    limit: Minor
    """The planned amount of the limit."""
    most_used: Minor = 0
    """The most that approved purchases used in any one interval."""
    most_used_at: str = ""
    """The time of the purchase that reached this amount: ISO 8601, in UTC; empty if there was none."""
    declines: Count = 0
    """The number of past purchases that the limit would decline."""
    suggested: Annotated[int, Meta(ge=0)] | None = None
    """A lower amount that would have declined no purchase; null if there is none."""


class Headroom(Struct, frozen=True, kw_only=True):
    """The limits that could be lowered. These are suggestions; nothing is applied."""

    limits: tuple[LimitHeadroom, ...] = ()
    """Every planned limit, the least used first."""
    idle: tuple[str, ...] = ()
    """The addresses of active cards without an approved purchase."""
    yaml: str = ""
    """The suggested limits as YAML to paste; empty if there are none."""


class BacktestDocument(Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Past purchases, judged by the controls that a plan would put in force."""

    begin: str = field(name="from")
    """The time of the first purchase judged: ISO 8601, in UTC; empty if there was none."""
    end: str = field(name="to")
    """The time of the last purchase: ISO 8601, in UTC; empty if there was none."""
    purchases: Count = 0
    """The number of purchases judged. Each increase of an authorization counts as a purchase."""
    agreement: Agreement = Agreement()
    """The share of Stripe's decisions that the replay reproduces."""
    newly_declined: ChangedPurchases = ChangedPurchases()
    """Approved purchases that would be declined."""
    newly_approved: ChangedPurchases = ChangedPurchases()
    """
    Declined purchases that would be approved, in full and without the purchases that might have
    followed.
    """
    unjudged: Count = 0
    """
    The number of purchases that keep their decision, because controls do not explain it or the plan's is
    unknown.
    """
    by_card: tuple[ChangedForCard, ...] = ()
    """The cards with changed decisions, the highest newly declined amount first."""
    by_team: tuple[ChangedForGroup, ...] = ()
    """The changed decisions by team."""
    by_category: tuple[ChangedForGroup, ...] = ()
    """The changed decisions by merchant category."""
    examples: tuple[PurchaseExample, ...] = ()
    """The first purchases with a changed decision, newly declined ones first."""
    undeclared: ChangedForGroup = ChangedForGroup(name="")
    """
    The changed decisions on cards that are not in the configuration; they are included in the totals
    above.
    """
    disagreements: tuple[PurchaseExample, ...] = ()
    """The first decisions that the replay does not reproduce."""
    unjudged_reasons: tuple[UnjudgedReason, ...] = ()
    """The reasons for which purchases keep their decision, the most frequent first."""
    unknown_controls: UnknownControls = UnknownControls()
    """
    Decisions that are not compared, because the controls have changed since and their old values are
    unknown.
    """
    days: tuple[DayOfPurchases, ...] = ()
    """The purchases of each day."""
    headroom: Headroom | None = None
    """The use of each limit; null unless `--headroom` is given."""
