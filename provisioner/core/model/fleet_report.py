"""The report of a fleet: the JSON lines of `fleet ... --format jsonl`, which every other view reads, too."""

from typing import Any

from msgspec import Struct, field
from msgspec.structs import force_setattr

from provisioner.core.model.errors import ExitCode
from provisioner.core.model.json_document import Count, MovedMoney


class AccountLine(Struct, frozen=True):
    """The result of one account."""

    phase: str
    """The phase: check, plan, apply, drift, or status."""
    account: str
    """The id of the account."""
    name: str
    """The name of the account in the roster."""
    code: int
    """The exit code of this account alone."""
    failed: bool = False
    """True if the account did not complete the phase."""
    counts: dict[str, int] = field(default_factory=dict)
    """
    plan: changes by action, and `pending`: what people have to do, such as a wire. apply: completed
    changes by action, and steps by outcome. drift, status: values by who moved them.
    """
    money: tuple[MovedMoney, ...] = ()
    """The top-ups, planned or made, in minor units."""
    ends: Count = 0
    """The number of objects that are retired or replaced."""
    stopped_by: tuple[str, ...] = ()
    """For a plan: the account's own guardrails that block its apply."""
    facts: dict[str, Any] = field(default_factory=dict)
    """For status: the number of cardholders, cards, and active cards, and the available balance."""
    problems: tuple[str, ...] = ()
    """At most five problems, and the number of others."""
    requests: Count = 0
    """The number of requests to Stripe."""
    seconds: float = 0.0
    """The duration in seconds."""
    worker: str = ""
    """The worker: host and process."""

    def __post_init__(self) -> None:
        force_setattr(self, "failed", self.code not in (ExitCode.DONE, ExitCode.CHANGES))


class FleetTotals(Struct, frozen=True, kw_only=True):
    """The totals of one phase."""

    phase: str
    """The phase."""
    fleet: str
    """The name of the fleet."""
    accounts: Count
    """The number of selected accounts."""
    ended: Count
    """The number of accounts for which the phase ended."""
    failed: Count
    """The number of accounts that failed."""
    not_begun: Count
    """The number of accounts that were skipped because the run stopped early."""
    codes: dict[str, int]
    """The number of accounts by exit code."""
    code: int
    """The worst exit code."""
    halted: str
    """The reason why the run stopped early; empty if it did not."""
    counts: dict[str, int]
    """The counts of all accounts, added up."""
    money: tuple[MovedMoney, ...]
    """The top-ups of all accounts, in minor units."""
    ends: int
    """The number of objects that are retired or replaced."""
    stopped: Count
    """For plans: the number of accounts whose own guardrails block their apply."""
    stopped_by: tuple[str, ...]
    """For plans: the fleet's guardrails that block its apply, and the options that allow it."""
    requests: int
    """The number of requests to Stripe."""
    seconds: float
    """The duration in seconds."""
    worst: tuple[AccountLine, ...]
    """At most ten accounts that did not complete, the worst first, each as in the line of an account."""
