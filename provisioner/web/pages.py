"""The context of each page's template, computed from an estate and the query of the request."""

from collections.abc import Iterable, Sequence

from provisioner.core.estate.filters import OPEN, ORDERS, CardFilter, chosen_cards
from provisioner.core.estate.fleet import (
    FLEET_ORDERS,
    FleetEstate,
    FleetFilter,
    chosen_accounts,
    counted_states,
    labels_of,
    sums_of,
)
from provisioner.core.estate.model import Estate
from provisioner.core.estate.purchases import (
    EVERYTHING,
    Lot,
    PurchaseFilter,
    Tally,
    by_day,
    lots,
    matching,
    tallies,
    total,
)
from provisioner.core.estate.rows import CardRow
from provisioner.core.purchases.record import PurchaseRecord
from provisioner.views.plan.text import blast_radius, outside_lines, stop_lines, summary_line
from provisioner.web.paging import page_of
from provisioner.web.render import Context, Query

TOP = 12  # rows of a summary table
FEW = 8  # cards listed on the overview
STATUSES = (OPEN, "active", "inactive", "canceled")


def overview(estate: Estate, _query: Query) -> Context:
    """Return the context of the overview."""
    used = [card for card in estate.cards if card.status == "active" and card.tightest]
    used.sort(key=lambda card: (-card.tightest.share if card.tightest else 0.0, card.name))
    statuses = [(name, sum(card.status == name for card in estate.cards)) for name in STATUSES[1:]]
    return {
        "estate": estate,
        "title": "Overview",
        "days_of": estate.shown_days,
        "all": total(estate.lots),
        "reasons": _declines(estate.lots)[:TOP],
        "used": used[:FEW],
        "statuses": statuses,
        "unmanaged": sum(not card.address and card.status != "canceled" for card in estate.cards),
        "currencies": sorted({team.currency for team in estate.teams}),
        "past_currencies": sorted(
            {name for each in estate.past for name in (*each.balances, *each.exposure)}
        ),
    }


def cards(estate: Estate, query: Query) -> Context:
    """Return the context of the table of cards."""
    wanted = CardFilter(
        text=query.get("q", ""),
        team=query.get("team", ""),
        holder=query.get("holder", ""),
        status=query.get("status", OPEN),
        managed=query.get("managed", ""),
        sort=query.get("sort", "used"),
    )
    return {
        "estate": estate,
        "title": "Cards",
        "wanted": wanted,
        "page": page_of(chosen_cards(estate.cards, wanted), query.get("page", "")),
        "teams": sorted({card.team for card in estate.cards}),
        "holders": sorted({card.holder for card in estate.cards}),
        "statuses": STATUSES,
        "orders": {name: label for name, (label, _) in ORDERS.items()},
        "asked": _asked(query, "q", "team", "holder", "status", "managed", "sort"),
    }


def accounts(fleet: FleetEstate, query: Query) -> Context:
    """Return what the page about a fleet shows."""
    wanted = FleetFilter(
        text=query.get("q", ""),
        state=query.get("state", ""),
        label=query.get("label", ""),
        sort=query.get("sort", "urgent"),
    )
    return {
        "fleet": fleet,
        "title": "Accounts",
        "wanted": wanted,
        "page": page_of(chosen_accounts(fleet.accounts, wanted), query.get("page", "")),
        "counted": counted_states(fleet.accounts),
        "sums": sums_of(fleet.accounts),
        "labels": labels_of(fleet.accounts),
        "orders": {name: label for name, (label, _) in FLEET_ORDERS.items()},
        "asked": _asked(query, "q", "state", "label", "sort"),
    }


def card(estate: Estate, identity: str) -> Context | None:
    """Return the context of the page of one card; None if there is no such card."""
    row = card_rows(estate).get(identity)
    if row is None:
        return None
    own = [each for each in estate.shown if each.card == identity]
    sums = lots(own, {identity: row})
    about = (identity, row.holder_id)
    return {
        "estate": estate,
        "title": row.name,
        "card": row,
        "purchases": own[:TOP],
        "all": total(sums),
        "days_of": by_day(own, estate.now, estate.days),
        "reasons": _declines(sums),
        "categories": tallies(sums, lambda each: each.category)[:TOP],
        "outside": [each for each in estate.outside if each.id in about],
        "drift": [each for each in estate.drift.drift if each.id in about],
        "changes": [each for each in estate.plan.changes if each.id in about],
    }


def purchases(estate: Estate, query: Query) -> Context:
    """Return the context of the page of purchases."""
    rows = card_rows(estate)
    wanted = PurchaseFilter(
        outcome=query.get("outcome", ""),
        team=query.get("team", ""),
        reason=query.get("reason", ""),
        category=query.get("category", ""),
        text=query.get("q", ""),
    )
    found: Sequence[PurchaseRecord] = estate.shown
    sums: Sequence[Lot] = estate.lots
    days = estate.shown_days
    if wanted != EVERYTHING:
        found = list(matching(found, wanted, rows))
        sums, days = lots(found, rows), tuple(by_day(found, estate.now, estate.days))
    return {
        "estate": estate,
        "title": "Purchases",
        "wanted": wanted,
        "rows": rows,
        "page": page_of(found, query.get("page", "")),
        "all": total(sums),
        "days_of": days,
        "reasons": _declines(sums)[:TOP],
        "by_team": tallies(sums, lambda each: each.team)[:TOP],
        "by_category": tallies(sums, lambda each: each.category)[:TOP],
        "choices": {
            "reason": estate.reasons,
            "category": estate.categories,
            "team": sorted({each.team for each in estate.cards}),
        },
        "asked": _asked(query, "q", "outcome", "team", "reason", "category"),
    }


def card_rows(estate: Estate) -> dict[str, CardRow]:
    """Return the rows of all cards, by id."""
    return {row.id: row for row in estate.cards}


def _declines(sums: Iterable[Lot]) -> list[Tally]:
    """Return the totals of declined purchases by Stripe's reason."""
    return tallies((each for each in sums if not each.approved), lambda each: each.reason)


def _asked(query: Query, *names: str) -> dict[str, str]:
    """Return the filters of a query, to be repeated in links to other pages of the same table."""
    return {name: query[name] for name in names if query.get(name)}


def drift(estate: Estate, query: Query) -> Context:
    """Return the context of the drift page."""
    values = [each for each in estate.drift.drift if not each.waits]
    return {
        "estate": estate,
        "title": "Drift",
        "changed": values,
        "waiting": [each for each in estate.drift.drift if each.waits],
        "page": page_of(estate.outside, query.get("page", "")),
        "asked": {},
    }


def plan(estate: Estate, query: Query) -> Context:
    """Return the context of the plan page."""
    document = estate.plan
    return {
        "estate": estate,
        "title": "Plan",
        "plan": document,
        "summary": summary_line(document),
        "impact": blast_radius(document),
        "reverted": [*outside_lines(document)],
        "stopped": stop_lines(document),
        "page": page_of(document.changes, query.get("page", "")),
        "asked": {},
    }
