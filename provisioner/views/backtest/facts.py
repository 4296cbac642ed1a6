"""The sentences and values of a backtest that all of its views share."""

from collections.abc import Sequence

from provisioner.core.model.money import PER, show_money
from provisioner.core.model.words import count
from provisioner.core.purchases.backtest_document import (
    Agreement,
    BacktestDocument,
    ChangedForCard,
    ChangedPurchases,
    CurrencyAmount,
    LimitHeadroom,
    PurchaseExample,
)
from provisioner.views.values import inert, listed

TITLE = "Backtest"
NOTHING = "No past purchase would have been decided differently."
NO_PURCHASES = "There are no purchases in this time."
DOUBT = "The replay reproduces few of Stripe's decisions, so this result is not reliable"
DOUBTFUL = 0.95  # the share of agreement below which there is a warning
HINT = "--history FILE keeps future changes for longer than Stripe does"


def show_amounts(amounts: Sequence[CurrencyAmount]) -> str:
    """Format totals in all currencies: `$120.00 and €30.00`; empty if there are none."""
    return inert(listed([show_money(each.amount, each.currency) for each in amounts]))


def show_changed(changed: ChangedPurchases) -> str:
    """Format a number of purchases and their total: `12 purchases, $1,234.00`, or `none`."""
    if not changed.count:
        return "none"
    money = show_amounts(changed.amounts)
    return count(changed.count, "purchase") + (f", {money}" if money else "")


def show_percent(agreement: Agreement) -> str:
    """Format the agreement as a percentage, rounded down, so that 100% means that every decision agrees."""
    tenths = agreement.agreed * 1000 // agreement.compared
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}%"


def show_agreement(agreement: Agreement) -> str:
    """Format the share of Stripe's decisions that the replay reproduces."""
    if not agreement.compared:
        return "no decision could be compared"
    return f"{show_percent(agreement)} ({agreement.agreed:,} of {agreement.compared:,} decisions)"


def is_doubtful(backtest: BacktestDocument) -> bool:
    """Return whether the replay reproduces too few decisions for its result to be reliable."""
    agreement = backtest.agreement
    return agreement.agreed < agreement.compared * DOUBTFUL or not (
        agreement.compared or not backtest.purchases
    )


def doubts(backtest: BacktestDocument) -> list[str]:
    """Return a sentence about why the result is not reliable; empty if it is."""
    return [f"{DOUBT} (agreement: {show_agreement(backtest.agreement)})"] if is_doubtful(backtest) else []


def show_period(backtest: BacktestDocument) -> str:
    """Format the number of purchases judged and their first and last day."""
    days = f", {backtest.begin[:10]} to {backtest.end[:10]}" if backtest.begin else ""
    return inert(f"{count(backtest.purchases, 'past purchase')}{days}")


def facts(backtest: BacktestDocument) -> dict[str, str]:
    """Return the parts of the result in words, by name."""
    found = {
        "would be declined": show_changed(backtest.newly_declined),
        "would be approved": show_changed(backtest.newly_approved),
        "agreement with Stripe": show_agreement(backtest.agreement),
    }
    if backtest.unjudged:
        reasons = [f"{each.count:,} {inert(each.reason)}" for each in backtest.unjudged_reasons]
        found["not judged"] = f"{backtest.unjudged:,} ({listed(reasons)})"
    return found


def remarks(backtest: BacktestDocument) -> list[str]:
    """Return remarks that limit the result: undeclared cards, and decisions that could not be compared."""
    found = []
    others = backtest.undeclared
    if others.newly_declined.count or others.newly_approved.count:
        found.append(
            "On cards that are not in the configuration, whose cardholders' controls change: "
            f"{show_changed(others.newly_declined)} declined; {show_changed(others.newly_approved)} approved"
        )
    unknown = backtest.unknown_controls
    if unknown.count:
        some = [inert(each) for each in unknown.addresses[:5]]
        more = len(unknown.addresses) - len(some)
        named = listed([*some, *([f"{more:,} more"] if more else [])])
        before = f" before {inert(unknown.before[:10])}" if unknown.before else ""
        found.append(
            f"{count(unknown.count, 'decision')}{before} could not be compared, because controls have "
            f"changed since ({named}); {HINT}"
        )
    return found


def summary(backtest: BacktestDocument) -> str:
    """Return the result as one sentence."""
    if not backtest.purchases:
        return NO_PURCHASES
    if not backtest.newly_declined.count and not backtest.newly_approved.count:
        return f"{NOTHING[:-1]} ({show_period(backtest)})."
    declined, approved = backtest.newly_declined, backtest.newly_approved
    parts = [_part(declined, "declined"), _part(approved, "approved")]
    said = listed([part for part in parts if part])
    return f"Of {show_period(backtest)}, {said}."


def _part(changed: ChangedPurchases, becomes: str) -> str:
    money = f" ({show_amounts(changed.amounts)})" if changed.amounts else ""
    return f"{changed.count:,} would be {becomes}{money}" if changed.count else ""


def show_example(example: PurchaseExample) -> str:
    """Format one purchase: its time, amount, merchant, card, and the rule that declines it."""
    at = example.at[:16].replace("T", " ")
    merchant = f" at {example.merchant}" if example.merchant else ""
    money = show_money(example.amount, example.currency)
    where = f"{example.category} ({example.country})" if example.country else example.category
    why = f": {example.rule}" if example.rule else ""
    return inert(f"{at} {money}{merchant}, {where}, {example.address}{why}")


def show_disagreement(example: PurchaseExample) -> str:
    """Format one decision that the replay does not reproduce, with Stripe's decision."""
    return f"{show_example(example)} (Stripe {example.was} it: {inert(example.reason)})"


def show_card(card: ChangedForCard) -> tuple[str, str]:
    """Format the changes for a card: the purchases declined and approved, each with their amount."""
    declined = f"{card.newly_declined:,} ({show_money(card.amount, card.currency)})"
    approved = f"{card.newly_approved:,} ({show_money(card.amount_approved, card.currency)})"
    return declined if card.newly_declined else "", approved if card.newly_approved else ""


def show_limit(limit: LimitHeadroom) -> tuple[str, str, str]:
    """Format a limit, the most that was used of it, and the suggested lower amount, if any."""
    per = PER.get(limit.interval, limit.interval)
    on = f" on {listed(limit.categories)}" if limit.categories else ""
    money = show_money(limit.limit, limit.currency)
    used = show_money(limit.most_used, limit.currency)
    lower = "" if limit.suggested is None else show_money(limit.suggested, limit.currency)
    return inert(f"{money} {per}{on}"), inert(used), inert(lower)
