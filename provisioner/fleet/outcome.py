"""The outcome of a phase for one account, as sent back by a worker and shown in the report."""

from collections.abc import Mapping

from provisioner.core.estate.fleet import AccountRow
from provisioner.core.model.errors import SEVERITY, ExitCode
from provisioner.core.model.fleet_report import AccountLine
from provisioner.fleet.job import Ceiling

DONE, ERROR, CHANGES, GUARDRAIL, STALE, PARTLY, ACCESS, INTERRUPTED = ExitCode
MOST_PROBLEMS = 5


class AccountOutcome(AccountLine, frozen=True):
    """The outcome of a job: the account's line in the report, and values that are not printed."""

    ceiling: Ceiling | None = None
    """Limits that a plan sets for the apply that follows."""
    steps: tuple[Mapping[str, str], ...] = ()
    """Lines for the journal."""
    row: AccountRow | None = None
    """The row of a page about the fleet."""

    @property
    def line(self) -> AccountLine:
        """Return the line of the report."""
        return AccountLine(*(getattr(self, name) for name in AccountLine.__struct_fields__))

    @property
    def severity(self) -> tuple[int, int, float]:
        """Return a key that grows with severity: exit code, then guardrails and problems, then time."""
        return (SEVERITY.index(self.code), len(self.stopped_by) + len(self.problems), self.seconds)
