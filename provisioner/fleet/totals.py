"""The totals of a fleet, in constant memory for any number of accounts, and the check of its guardrails."""

import heapq
from collections import Counter
from collections.abc import Mapping

from msgspec import Struct, field

from provisioner.core.model.errors import worst
from provisioner.core.model.fleet_report import FleetTotals
from provisioner.core.model.json_document import MovedMoney
from provisioner.core.model.money import Money, show_money
from provisioner.core.model.words import count
from provisioner.core.plan.guardrails import Danger, over, standing
from provisioner.fleet.model import FleetLimits
from provisioner.fleet.outcome import DONE, AccountOutcome

WORST = 10
NAMES = ("top_up", "retired", "failed")


class Totals(Struct):
    """The totals of one phase; only the ten worst outcomes are kept."""

    phase: str
    """The phase, such as `plan`."""
    accounts: int
    """Number of accounts of the phase."""
    allowed: int
    """The number of accounts that may fail; after more failures, no others are started."""
    code: int = DONE
    """The worst exit code so far."""
    ended: Counter[int] = field(default_factory=Counter)
    """Number of accounts by exit code."""
    counts: Counter[str] = field(default_factory=Counter)
    """Sums of the accounts' counts, such as objects to create."""
    money: Counter[str] = field(default_factory=Counter)
    """Top-ups by currency, in minor units."""
    ends: int = 0
    """Number of objects that are retired or replaced."""
    requests: int = 0
    """Number of requests to Stripe."""
    failed: int = 0
    """Number of accounts that failed."""
    stopped: int = 0
    """Number of plans that the account's own guardrails block."""
    stopped_by: tuple[Danger, ...] = ()
    """Limits of the fleet that block the plans."""
    halted: str = ""
    """Why the run stopped early; empty if it did not."""
    _worst: list[tuple[tuple[int, int, float], int, AccountOutcome]] = field(default_factory=list)

    def add(self, outcome: AccountOutcome) -> None:
        """Add the outcome of one account."""
        self.code = worst(self.code, outcome.code)
        self.ended[outcome.code] += 1
        self.counts.update(outcome.counts)
        self.money.update({each.currency: each.amount for each in outcome.money})
        self.ends += outcome.ends
        self.requests += outcome.requests
        self.failed += outcome.failed
        self.stopped += bool(outcome.stopped_by)
        if outcome.code != DONE:
            entry = (outcome.severity, -self.seen, outcome)
            (heapq.heappush if len(self._worst) < WORST else heapq.heappushpop)(self._worst, entry)
        if self.failed > self.allowed and not self.halted:
            self.halted = f"{count(self.failed, 'account')} failed, {self.allowed} allowed"

    @property
    def seen(self) -> int:
        """Return how many accounts have ended."""
        return sum(self.ended.values())

    @property
    def worst(self) -> list[AccountOutcome]:
        """Return the ten worst outcomes other than success, the worst first."""
        return [outcome for _, _, outcome in sorted(self._worst, key=lambda entry: entry[:2], reverse=True)]


def judge(totals: Totals, limits: FleetLimits, allowed: Mapping[str, int]) -> tuple[Danger, ...]:
    """Return the limits of the fleet that the plans exceed; `allowed` has the numbers given with --allow."""
    found: list[Danger] = []
    for currency, amount in sorted(totals.money.items()):
        text = f"top-ups of {show_money(amount, currency)} across the fleet exceed"
        found += over("top_up", text, Money(amount, currency), limits.top_up)
    if limits.retired is not None and totals.ends > limits.retired:
        ends = count(totals.ends, "object")
        text = f"{ends} would be retired or replaced across the fleet (max_retired: {limits.retired})"
        found.append(Danger("retired", text, totals.ends))
    return standing(found, allowed)


def totals_document(totals: Totals, fleet: str, seconds: float) -> FleetTotals:
    """Return the totals as a line of the report."""
    return FleetTotals(
        phase=f"{totals.phase} totals",
        fleet=fleet,
        accounts=totals.accounts,
        ended=totals.seen,
        failed=totals.failed,
        not_begun=totals.accounts - totals.seen,
        codes={str(int(code)): count for code, count in sorted(totals.ended.items())},
        code=totals.code,
        halted=totals.halted,
        counts=dict(totals.counts),
        money=tuple(MovedMoney(*each) for each in sorted(totals.money.items())),
        ends=totals.ends,
        stopped=totals.stopped,
        stopped_by=tuple(str(danger) for danger in totals.stopped_by),
        requests=totals.requests,
        seconds=round(seconds, 3),
        worst=tuple(outcome.line for outcome in totals.worst),
    )
