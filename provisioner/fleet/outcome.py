"""How a phase ended for one account, as a value that travels back and stands in a report."""

from collections.abc import Mapping

from provisioner.core.model.errors import ExitCode
from provisioner.core.model.fleet_report import AccountLine
from provisioner.fleet.job import Ceiling

DONE, ERROR, CHANGES, GUARDRAIL, STALE, PARTLY, ACCESS, INTERRUPTED = ExitCode
# from good to bad: the last of a fleet's exit codes in this order is the fleet's own
SEVERITY = (DONE, CHANGES, STALE, GUARDRAIL, PARTLY, ERROR, ACCESS, INTERRUPTED)
MOST_PROBLEMS = 5


class AccountOutcome(AccountLine, frozen=True):
    """
    What came of a job: the account's line in the report, and what is not printed.

    `ceiling` is what a plan allows the apply that follows; `steps` are lines for the journal.
    """

    ceiling: Ceiling | None = None
    steps: tuple[Mapping[str, str], ...] = ()

    @property
    def line(self) -> AccountLine:
        """What is printed."""
        return AccountLine(*(getattr(self, name) for name in AccountLine.__struct_fields__))

    @property
    def severity(self) -> tuple[int, int, float]:
        """The worse, the larger: by exit code, then by what stops it and by problems, then by time."""
        return (SEVERITY.index(self.code), len(self.stopped_by) + len(self.problems), self.seconds)


def worse(one: int, other: int) -> int:
    """The worse of two exit codes."""
    return max(one, other, key=SEVERITY.index)
