"""The estate: the state of an account at one time, as the pages show it."""

from bisect import bisect_right
from collections.abc import Sequence

from msgspec import Struct

from provisioner.core.diff.drift_document import DriftDocument
from provisioner.core.estate.purchases import Lot, Tally, first_of_days
from provisioner.core.estate.rows import CardRow, DueItem, EstateFigures, OutsideChange, TeamSpend
from provisioner.core.plan.document import PlanDocument
from provisioner.core.plan.outlook_document import BalanceDocument
from provisioner.core.purchases.record import PurchaseRecord


class Estate(Struct, frozen=True, kw_only=True):
    """The state of an account at one time, as the pages show it."""

    project: str
    """The name of the project."""
    environment: str
    """The environment; empty if there is none."""
    mode: str
    """`test` or `live`."""
    account: str
    """The Stripe account; empty if it is not known."""
    now: int
    """The time of the reading, by Stripe's clock (Unix seconds)."""
    days: int
    """The number of days for which purchases are shown."""
    since: int
    """The time since which purchases were read (Unix seconds)."""
    cards: tuple[CardRow, ...]
    """All cards, sorted by name."""
    purchases: tuple[PurchaseRecord, ...]
    """The purchases since `since`, newest first."""
    lots: tuple[Lot, ...] = ()
    """The purchases that are shown, by what they have in common; made once, as there can be many."""
    shown_days: tuple[Tally, ...] = ()
    """The totals of each day that is shown, oldest first."""
    balances: tuple[BalanceDocument, ...]
    """One entry for each currency with a target."""
    teams: tuple[TeamSpend, ...]
    """One entry for each team and currency, the highest exposure first."""
    due: tuple[DueItem, ...]
    """Observations that need attention, the most urgent first."""
    drift: DriftDocument
    """The differences from the last apply."""
    plan: PlanDocument
    """The plan that the next apply would make."""
    outside: tuple[OutsideChange, ...] = ()
    """The changes of the last 30 days made outside of provisioner, newest first."""
    gaps: tuple[str, ...] = ()
    """The parts that could not be read, each with the reason."""
    past: tuple[EstateFigures, ...] = ()
    """The totals of earlier readings and of this one, oldest first; empty if none are stored."""
    reasons: tuple[str, ...] = ()
    """All reasons that occur in Stripe's decisions on these purchases."""
    categories: tuple[str, ...] = ()
    """All merchant categories of these purchases."""
    personal: bool = False
    """True if names of people and merchants are included."""

    @property
    def first_shown(self) -> int:
        """Return the time since which purchases are shown (Unix seconds)."""
        return first_of_days(self.now, self.days)

    @property
    def shown(self) -> Sequence[PurchaseRecord]:
        """Return the purchases of the last `days` days, of which today is one, newest first."""
        return self.purchases[: bisect_right(self.purchases, -self.first_shown, key=lambda each: -each.at)]
