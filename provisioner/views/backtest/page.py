"""The part of a plan's HTML page that shows a backtest: bars over time, cards, and the first purchases."""

from typing import Any

from provisioner.core.purchases.backtest_document import BacktestDocument
from provisioner.views.backtest.facts import (
    TITLE,
    facts,
    is_doubtful,
    remarks,
    show_card,
    show_example,
    show_period,
    summary,
)
from provisioner.views.values import inert

CARDS = 50
MOST_BARS = 120  # the most bars; with more days, each bar is for several days


def backtest_model(backtest: BacktestDocument) -> dict[str, Any]:
    """Return the values that the page shows for a backtest, all as text."""
    days = backtest.days
    step = -(-len(days) // MOST_BARS) if days else 1
    bars: list[list[Any]] = []
    for begin in range(0, len(days), step):
        some = days[begin : begin + step]
        label = inert(some[0].day) + (f" to {inert(some[-1].day)}" if len(some) > 1 else "")
        numbers = [
            sum(getattr(day, name) for day in some)
            for name in ("approved", "declined", "newly_approved", "newly_declined")
        ]
        bars.append([label, *numbers])
    return {
        "title": TITLE,
        "summary": summary(backtest),
        "period": show_period(backtest),
        "alarm": bool(backtest.newly_declined.count or is_doubtful(backtest)),
        "facts": list(facts(backtest).items()),
        "bars": bars,
        "cards": [[inert(card.address), *show_card(card)] for card in backtest.by_card[:CARDS]],
        "more": max(0, len(backtest.by_card) - CARDS),
        "examples": [[each.becomes, show_example(each)] for each in backtest.examples],
        "remarks": remarks(backtest),
    }
