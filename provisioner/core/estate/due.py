"""Observations that need attention: drift, grants about to end, cards about to expire, stuck shipments."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from provisioner.core.diff.drift_document import DriftDocument
from provisioner.core.estate.rows import CardRow, DueItem, Urgency
from provisioner.core.model.grant import Grant
from provisioner.core.model.money import show_money
from provisioner.core.model.words import count
from provisioner.core.plan.document import PlanDocument
from provisioner.core.plan.outlook_document import BalanceDocument
from provisioner.core.schema.field import Direction

DAY = 86_400
SOON = 14 * DAY  # warn this long before a grant ends
EXPIRING = 45 * DAY  # warn this long before the end of a card's last month
NEARLY = 0.9  # warn when this share of a limit is used
EACH = 6  # the most items on one subject; the others are only counted
ORDER = {"now": 0, "soon": 1, "note": 2}


def due_items(
    cards: Iterable[CardRow],
    drift: DriftDocument,
    plan: PlanDocument,
    grants: Sequence[tuple[Grant, bool]],
    now: int,
) -> tuple[DueItem, ...]:
    """Return all observations, the most urgent first; `grants` says of each grant whether it is overdue."""
    active = [card for card in cards if card.status == "active"]
    found = (
        *_drift(drift),
        *_plan(plan),
        *_balances(plan.outlook.balances),
        *_few(_grants(grants, now), "grants"),
        *_few(_expiring(active, now), "cards"),
        *_few(_shipments(cards), "cards"),
        *_few(_requirements(drift), "drift"),
        *_few(_nearly_used(active), "cards"),
    )
    return tuple(sorted(found, key=lambda item: ORDER[item.urgency]))


def _drift(drift: DriftDocument) -> Iterator[DueItem]:
    if number := drift.summary.drift:
        raises = sum(not each.waits and each.direction is Direction.BROADENING for each in drift.drift)
        more = f"; {raises:,} of them raise spending" if raises else ""
        yield DueItem(
            "now", "Drift", f"{count(number, 'value')} changed outside of provisioner{more}", page="drift"
        )


def _plan(plan: PlanDocument) -> Iterator[DueItem]:
    if plan.stopped_by:
        yield DueItem("now", "Plan", "a guardrail blocks the plan", page="plan")
    if plan.changes:
        text = f"{count(len(plan.changes), 'change')} to apply"
        yield DueItem("soon", "Plan", text, page="plan")


def _balances(balances: Iterable[BalanceDocument]) -> Iterator[DueItem]:
    for each in balances:
        if each.is_low and each.top_up_below is not None:
            low = show_money(each.available + each.pending, each.currency)
            text = f"{low} available or pending, below {show_money(each.top_up_below, each.currency)}"
            yield DueItem("now", "Balance", text, page="plan")


def _grants(grants: Iterable[tuple[Grant, bool]], now: int) -> Iterator[DueItem]:
    for grant, is_overdue in grants:
        why = f" ({grant.reason})" if grant.reason else ""
        if is_overdue:
            text = f"{grant.name} ended {grant.end}{why}, but its values are still in Stripe"
            yield DueItem("now", "Grant", text, page="plan", at=grant.until)
        elif grant.holds(now):
            urgency: Urgency = "soon" if grant.until - now <= SOON else "note"
            text = f"{grant.name} ends {grant.end}{why}"
            yield DueItem(urgency, "Grant", text, page="plan", at=grant.until)


def _expiring(cards: Iterable[CardRow], now: int) -> Iterator[DueItem]:
    ends = ((_month_end(card.expires), card) for card in cards if card.expires)
    for end, card in sorted(ends, key=lambda pair: (pair[0], pair[1].name)):
        if end <= now:
            yield DueItem("now", "Expiry", f"{card.name} expired in {card.expires}", card.id, at=end)
        elif end - now <= EXPIRING:
            yield DueItem("soon", "Expiry", f"{card.name} expires after {card.expires}", card.id, at=end)


def _month_end(month: str) -> int:
    """Return the first second (UTC) after a month, given as 2027-05."""
    year, number = int(month[:4]), int(month[5:])
    return int(dt.datetime(year + number // 12, number % 12 + 1, 1, tzinfo=dt.UTC).timestamp())


def _shipments(cards: Iterable[CardRow]) -> Iterator[DueItem]:
    for card in cards:
        yield from (DueItem("now", "Shipment", f"{card.name}: {text}", card.id) for text in card.remarks)


def _requirements(drift: DriftDocument) -> Iterator[DueItem]:
    for each in drift.warnings:
        yield DueItem("now", "Requirements", f"{each.address}: {each.text}", page="drift")


def _nearly_used(cards: Iterable[CardRow]) -> Iterator[DueItem]:
    near = [(card, card.tightest) for card in cards if card.tightest and card.tightest.share >= NEARLY]
    for card, limit in sorted(near, key=lambda pair: (-pair[1].share, pair[0].name)):
        left = show_money(limit.left, limit.currency)
        per = "" if limit.interval == "all_time" else f" until {_day(limit.end)}"
        yield DueItem("soon", "Limit", f"{card.name} has {left} left{per}", card.id, at=limit.end)


def _day(moment: int) -> str:
    return f"{dt.datetime.fromtimestamp(moment, dt.UTC):%Y-%m-%d}"


def _few(items: Iterable[DueItem], page: str) -> Iterator[DueItem]:
    """Yield the first few items on one subject and urgency, then one that counts the others."""
    numbers: dict[tuple[Urgency, str], int] = defaultdict(int)
    for item in items:
        numbers[item.urgency, item.subject] += 1
        if numbers[item.urgency, item.subject] <= EACH:
            yield item
    for (urgency, subject), number in numbers.items():
        if number > EACH:
            yield DueItem(urgency, subject, f"and {number - EACH:,} more", page=page)
