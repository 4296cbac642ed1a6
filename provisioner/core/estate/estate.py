"""Builds an estate from what was read of an account."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.diff.drift_document import DriftDocument
from provisioner.core.diff.find import Comparison
from provisioner.core.diff.grants import overdue
from provisioner.core.estate.cards import CardRows
from provisioner.core.estate.due import due_items
from provisioner.core.estate.limits import limits_of
from provisioner.core.estate.model import Estate
from provisioner.core.estate.periods import period_at
from provisioner.core.estate.purchases import by_day, first_of_days, lots
from provisioner.core.estate.rows import OutsideChange
from provisioner.core.estate.teams import team_spending
from provisioner.core.model.config import Config
from provisioner.core.model.grant import Grant
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.plan.document import PlanDocument
from provisioner.core.purchases.record import PurchaseRecord
from provisioner.core.schema.kind import Kind, owned

DAY = 86_400


class EstateReading(Struct, frozen=True, kw_only=True):
    """The results of reading an account."""

    config: Config
    """The configuration, including its grants."""
    compared: Comparison
    """The comparison of the configuration with Stripe."""
    plan: PlanDocument
    """The plan that the next apply would make."""
    drift: DriftDocument
    """The differences from the last apply."""
    purchases: Sequence[PurchaseRecord]
    """The purchases since `since`, newest first."""
    outside: Sequence[OutsideChange] = ()
    """The changes made outside of provisioner, newest first."""
    since: int
    """The time since which purchases were read (Unix seconds)."""
    now: int
    """The time of the reading, by Stripe's clock (Unix seconds)."""
    days: int
    """The number of days for which purchases are shown."""
    gaps: tuple[str, ...] = ()
    """The parts that could not be read, each with the reason."""
    personal: bool = False
    """True if names of people and merchants are included."""


def make_estate(kinds: Sequence[Kind], reading: EstateReading) -> Estate:
    """Build the estate from a reading."""
    config, (snapshot, inventory) = reading.config, (reading.compared.snapshot, reading.compared.inventory)
    now = reading.now
    maker = CardRows(kinds, config, snapshot, inventory, personal=reading.personal)
    cards = maker.rows(reading.purchases, now, first_of_days(now, reading.days))
    plan, late = reading.plan, {change.address for change in overdue(kinds, config, inventory)}
    estate = Estate(
        project=config.project,
        environment=config.environment or "",
        mode=config.mode,
        account=str(snapshot.account.get("id", "")),
        now=now,
        days=reading.days,
        since=reading.since,
        cards=cards,
        purchases=tuple(reading.purchases),
        balances=plan.outlook.balances,
        teams=team_spending(plan.outlook.exposure, cards, reading.purchases, now),
        due=due_items(cards, reading.drift, plan, [*_grants(config.grants, late, now)], now),
        drift=reading.drift,
        plan=plan,
        outside=tuple(reading.outside),
        gaps=reading.gaps,
        reasons=tuple(sorted({each.reason for each in reading.purchases})),
        categories=tuple(sorted({each.category for each in reading.purchases})),
        personal=reading.personal,
    )
    rows = {card.id: card for card in cards}
    days = by_day(estate.shown, now, reading.days)
    return replace(estate, lots=tuple(lots(estate.shown, rows)), shown_days=tuple(days))


def with_purchases(reading: EstateReading, arrived: Iterable[PurchaseRecord], now: int) -> EstateReading:
    """Return a reading that includes purchases that are new or changed since, newest first."""
    by_id = {each.id: each for each in reading.purchases} | {each.id: each for each in arrived}
    newest = sorted(by_id.values(), key=lambda each: -each.at)
    return replace(reading, purchases=newest, now=max(now, reading.now))


def first_needed(kinds: Sequence[Kind], snapshot: Snapshot, now: int, days: int) -> int:
    """
    Return the time (Unix seconds) since which purchases must be read to show `days` and to count all
    limits.
    """
    intervals = {
        limit["interval"]
        for kind in owned(kinds)
        for each in snapshot.objects.get(kind.resource, ())
        for limit in limits_of(each.fields)
    }
    begins = [period_at(interval, now).begin for interval in (*intervals, "monthly")]
    return max(0, min(now - days * DAY, *begins))


def _grants(grants: Iterable[Grant], late: Iterable[Any], now: int) -> Iterable[tuple[Grant, bool]]:
    late = set(late)
    return ((grant, grant.has_ended(now) and bool(late & grant.addresses)) for grant in grants)
