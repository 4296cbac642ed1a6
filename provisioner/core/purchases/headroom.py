"""Measures how much of each limit past purchases used, and suggests lower limits that decline nothing."""

from collections.abc import Iterable, Iterator

from provisioner.core.model.money import exponent, show_number
from provisioner.core.purchases.backtest_document import Headroom, LimitHeadroom
from provisioner.core.purchases.card_state import CardState, ControlsInForce
from provisioner.core.purchases.findings import iso
from provisioner.core.purchases.rules import CONTROLS, spending_limits
from provisioner.core.purchases.spending_ledger import SpendingLedger

DIGITS = 2  # digits of a suggested amount, which is rounded up


def headroom_of(states: Iterable[CardState]) -> Headroom:
    """
    Return the use of every planned limit that may be shown, with lower amounts that would have
    sufficed.
    """
    used: dict[str, bool] = {}
    rows: dict[str, list[LimitHeadroom]] = {}
    for state in states:
        for whose, controls, ledger in (
            ("card", state.own, state.spent),
            ("cardholder", state.held, state.spent_held),
        ):
            plan = controls.planned
            if plan is None or plan.retired:
                continue
            if whose == "card" and plan.timeline[-1].fields.get("status") == "active":
                used[plan.address] = used.get(plan.address, False) or state.used
            if not plan.hidden and plan.address not in rows:
                rows[plan.address] = [*_limits(whose, controls, ledger, state.card.currency)]
    found = [row for of_one in rows.values() for row in of_one]
    return Headroom(
        limits=tuple(sorted(found, key=lambda row: (row.most_used / max(row.limit, 1), row.address))),
        idle=tuple(sorted(address for address, is_used in used.items() if not is_used)),
        yaml="".join(_yaml(rows)),
    )


def _limits(
    whose: str, controls: ControlsInForce, ledger: SpendingLedger, currency: str
) -> Iterator[LimitHeadroom]:
    rows = controls.planned.timeline if controls.planned else ()
    own = rows[-1].fields.get(CONTROLS, {})
    if own.get("spending_limits_currency", currency) != currency:
        return  # Amounts converted at a changing rate are no basis for a limit.
    for limit in spending_limits(whose, own):
        tally = ledger.tally(limit)
        suggested = enough(tally.most, currency)
        yield LimitHeadroom(
            address=controls.planned.address if controls.planned else "",
            interval=limit.interval,
            categories=tuple(sorted(limit.categories)),
            currency=currency,
            limit=limit.amount,
            most_used=tally.most,
            most_used_at=iso(tally.most_at),
            declines=tally.declines,
            suggested=suggested if tally.most > 0 and suggested < limit.amount else None,
        )


def enough(amount: int, currency: str) -> int:
    """Return a round amount, in minor units, that is at least as high: 130,000 for 123,456."""
    step: int = 10 ** max(len(str(amount)) - DIGITS, exponent(currency))
    return -(-amount // step) * step


def _yaml(rows: dict[str, list[LimitHeadroom]]) -> Iterator[str]:
    """
    Yield lines of a configuration with the suggested limits, and all other limits of the same
    resources.
    """
    section = ""
    for address in sorted(rows):
        if not any(row.suggested for row in rows[address]):
            continue
        there, name = address.split(".", 1)
        if there != section:
            section = there
            yield f"{section}:\n"
        yield f"  {name}:\n    spending_controls:\n      spending_limits:\n"
        for row in rows[address]:
            amount = f"{show_number(row.suggested or row.limit, row.currency)} {row.currency.upper()}"
            only = f", categories: [{', '.join(row.categories)}]" if row.categories else ""
            yield f'        - {{amount: "{amount}", interval: {row.interval}{only}}}\n'
