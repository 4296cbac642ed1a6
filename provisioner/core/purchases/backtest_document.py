"""The document of a backtest: the JSON that `backtest --format json` prints, and that every view shows."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from provisioner.core.model.json_document import Count, Currency

Minor = Annotated[int, Meta(ge=0, description="In minor units.")]


class CurrencyAmount(Struct, frozen=True):
    """The total of the purchases in one currency."""

    currency: Currency
    amount: Minor


class ChangedPurchases(Struct, frozen=True, kw_only=True):
    """Purchases whose decision the plan would have changed."""

    count: Count = 0
    """The number of purchases, each increase of one counted as another."""
    amounts: tuple[CurrencyAmount, ...] = ()
    """Their totals, by currency: approved amounts of the declined, requested amounts of the approved."""


class Agreement(Struct, frozen=True, kw_only=True):
    """A measure of how far to believe the replay: past decisions that it reproduces."""

    compared: Count = 0
    """The decisions that were judged again under the controls in force at the time."""
    agreed: Count = 0
    """Those of them to which the replay gives the same answer as Stripe did."""


class ChangedForCard(Struct, frozen=True, kw_only=True):
    """The purchases of one card whose decision the plan would have changed."""

    address: str
    """Section and name in the YAML; Stripe's id of a card that is not in the configuration."""
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
    """False if the card is not in the configuration: only its cardholder's controls change."""


class ChangedForGroup(Struct, frozen=True, kw_only=True):
    """The purchases of a team, or of a merchant category, whose decision the plan would have changed."""

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
    """Section and name of the card in the YAML; Stripe's id of a card that is not in the configuration."""
    amount: Minor
    """The amount in the card's currency."""
    currency: Currency
    """The card's currency."""
    category: str
    """The merchant's category."""
    country: str
    """The merchant's country."""
    merchant: str = ""
    """The merchant's name; empty unless names are read (`--merchant-names`)."""
    was: Literal["approved", "declined"]
    """Stripe's decision."""
    reason: str
    """Stripe's reason for it."""
    becomes: Literal["approved", "declined"]
    """The decision of the replay: under the planned controls, or, of a disagreement, under those in force."""
    rule: str = ""
    """The rule that declines it, in words; empty if it is not known, or contains hidden values."""


class DayOfPurchases(Struct, frozen=True, kw_only=True):
    """The purchases of one day."""

    day: str
    """The day in UTC: 2026-11-30."""
    approved: Count = 0
    """Approved, and approved still."""
    declined: Count = 0
    """Declined, and declined still."""
    newly_declined: Count = 0
    """Approved, and declined under the planned controls."""
    newly_approved: Count = 0
    """Declined, and approved under the planned controls."""


class UnjudgedReason(Struct, frozen=True, kw_only=True):
    """A reason for which purchases keep their decision."""

    reason: str
    """Stripe's reason, such as `insufficient_funds`; or `no_exchange_rate`, `default_limit`."""
    count: Count
    """The number of purchases."""


class UnknownControls(Struct, frozen=True, kw_only=True):
    """Decisions from before the known changes of controls, which cannot be compared."""

    count: Count = 0
    """The number of decisions."""
    addresses: tuple[str, ...] = ()
    """The cards, by address or Stripe's id."""
    before: str = ""
    """The time from which on all changes are known: ISO 8601, in UTC; empty if there is nothing to tell."""


class LimitHeadroom(Struct, frozen=True, kw_only=True):
    """The use of one limit."""

    address: str
    """Section and name of the card or cardholder in the YAML."""
    interval: str
    """The interval of the limit."""
    categories: tuple[str, ...] = ()
    """The categories of the limit; empty for all."""
    currency: Currency
    """The currency of the amounts."""
    limit: Minor
    """The amount of the limit as planned."""
    most_used: Minor = 0
    """The most that any interval ever used, in approved purchases."""
    most_used_at: str = ""
    """The time of the purchase that reached it: ISO 8601, in UTC; empty if there was none."""
    declines: Count = 0
    """The number of past purchases that the limit declines."""
    suggested: Annotated[int, Meta(ge=0)] | None = None
    """A lower amount that would have declined nothing; null if there is none."""


class Headroom(Struct, frozen=True, kw_only=True):
    """The limits that could be tightened; a suggestion only."""

    limits: tuple[LimitHeadroom, ...] = ()
    """Every planned limit, the least used first."""
    idle: tuple[str, ...] = ()
    """The addresses of active cards without an approved purchase."""
    yaml: str = ""
    """The suggested limits as YAML to paste; empty if there are none."""


class BacktestDocument(Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Past purchases, judged by the controls that a plan would leave."""

    begin: str = field(name="from")
    """The time of the first purchase that was judged: ISO 8601, in UTC; empty if there was none."""
    end: str = field(name="to")
    """The time of the last purchase: ISO 8601, in UTC; empty if there was none."""
    purchases: Count = 0
    """The purchases that were judged, each increase of one counted as another."""
    agreement: Agreement = Agreement()
    """The extent to which the replay reproduces Stripe's decisions."""
    newly_declined: ChangedPurchases = ChangedPurchases()
    """Approved purchases that would be declined."""
    newly_approved: ChangedPurchases = ChangedPurchases()
    """Declined purchases that would be approved, in full and without what would have followed."""
    unjudged: Count = 0
    """Purchases that keep their decision, as no control explains it, or the plan's is not known."""
    by_card: tuple[ChangedForCard, ...] = ()
    """The cards with a changed purchase, the highest declined amount first."""
    by_team: tuple[ChangedForGroup, ...] = ()
    """The same by team."""
    by_category: tuple[ChangedForGroup, ...] = ()
    """The same by merchant category."""
    examples: tuple[PurchaseExample, ...] = ()
    """The first purchases with a changed decision, newly declined ones first."""
    undeclared: ChangedForGroup = ChangedForGroup(name="")
    """The part of the above on cards that are not in the configuration."""
    disagreements: tuple[PurchaseExample, ...] = ()
    """The first decisions that the replay does not reproduce."""
    unjudged_reasons: tuple[UnjudgedReason, ...] = ()
    """The reasons for which purchases keep their decision, the most frequent first."""
    unknown_controls: UnknownControls = UnknownControls()
    """Decisions that are not compared, because the controls had changed since and nothing tells how."""
    days: tuple[DayOfPurchases, ...] = ()
    """The purchases day by day."""
    headroom: Headroom | None = None
    """The use of each limit, if it was asked for; else null."""
