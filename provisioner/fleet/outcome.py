"""How a phase ended for one account, as a value that travels back and stands in a report."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from provisioner.core.model.errors import ExitCode
from provisioner.fleet.job import Ceiling

DONE, ERROR, CHANGES, GUARDRAIL, STALE, PARTLY, ACCESS, INTERRUPTED = ExitCode
# from good to bad: the last of a fleet's exit codes in this order is the fleet's own
SEVERITY = (DONE, CHANGES, STALE, GUARDRAIL, PARTLY, ERROR, ACCESS, INTERRUPTED)
MOST_PROBLEMS = 5


class AccountOutcome(Struct, frozen=True):
    """
    One account's line in the report.

    `code` is the exit code that the account alone would have ended with. `counts` are those of the phase
    (plan: changes by action; apply: steps; drift: values); `money` moves or has moved, in minor units by
    currency; `ends` objects are retired or replaced; `ceiling` is what
    a plan allows the apply that follows. `stopped_by` says why the
    account's own guardrails would stop an apply of a plan. `facts` are what a status shows. `steps` are lines
    for the journal, `worker` who did it.
    """

    phase: str
    account: str
    name: str
    code: int
    counts: Mapping[str, int] = field(default_factory=dict)
    money: Mapping[str, int] = field(default_factory=dict)
    ends: int = 0
    ceiling: Ceiling | None = None
    stopped_by: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    steps: tuple[Mapping[str, str], ...] = ()
    requests: int = 0
    seconds: float = 0.0
    worker: str = ""

    @property
    def failed(self) -> bool:
        """Whether the account did not get what was asked for."""
        return self.code not in (DONE, CHANGES)

    @property
    def severity(self) -> tuple[int, int, float]:
        """The worse, the larger: by exit code, then by what stops it and by problems, then by time."""
        return (SEVERITY.index(self.code), len(self.stopped_by) + len(self.problems), self.seconds)


def worse(one: int, other: int) -> int:
    """The worse of two exit codes."""
    return max(one, other, key=SEVERITY.index)


def outcome_document(outcome: AccountOutcome) -> dict[str, Any]:
    """An outcome as JSON values, without what is for the journal."""
    return {
        "phase": outcome.phase,
        "account": outcome.account,
        "name": outcome.name,
        "code": outcome.code,
        "failed": outcome.failed,
        "counts": dict(outcome.counts),
        "money": [{"currency": currency, "amount": amount} for currency, amount in outcome.money.items()],
        "ends": outcome.ends,
        "stopped_by": list(outcome.stopped_by),
        "facts": dict(outcome.facts),
        "problems": list(outcome.problems),
        "requests": outcome.requests,
        "seconds": round(outcome.seconds, 3),
        "worker": outcome.worker,
    }
