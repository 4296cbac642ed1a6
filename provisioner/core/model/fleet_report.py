"""The report of a fleet: the JSON lines of `fleet ... --format jsonl`, and what every view shows."""

from typing import Any

from msgspec import Struct, field
from msgspec.structs import force_setattr

from provisioner.core.model.errors import ExitCode
from provisioner.core.model.json_document import Count, MovedMoney


class AccountLine(Struct, frozen=True):
    """A line of an account, as it ends"""

    phase: str
    """What was done."""
    account: str
    """Stripe's id of it."""
    name: str
    """What the roster calls it."""
    code: int
    """The exit code that the account alone would have ended with."""
    failed: bool = False
    """Whether it did not get what was asked for."""
    counts: dict[str, int] = field(default_factory=dict)
    """
    plan: changes by action, and `pending`: what people have to do, such as a wire. apply: steps by outcome.
    drift, status: values by who moved them.
    """
    money: tuple[MovedMoney, ...] = ()
    """Money that moves, or has moved."""
    ends: Count = 0
    """Objects that are retired or replaced."""
    stopped_by: tuple[str, ...] = ()
    """Of a plan: why the account's own guardrails would let an apply write nothing."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Of status: how many cardholders and cards there are, how many are active, and what is available."""
    problems: tuple[str, ...] = ()
    """At most five, and how many more."""
    requests: Count = 0
    """Requests to Stripe."""
    seconds: float = 0.0
    """How long it took."""
    worker: str = ""
    """Who did it: host and process."""

    def __post_init__(self) -> None:
        force_setattr(self, "failed", self.code not in (ExitCode.DONE, ExitCode.CHANGES))


class FleetTotals(Struct, frozen=True, kw_only=True):
    """A line of totals, after each phase"""

    phase: str
    """The phase that has ended."""
    fleet: str
    """The fleet's name."""
    accounts: Count
    """That were chosen."""
    ended: Count
    """Of them."""
    failed: Count
    """Of them."""
    not_begun: Count
    """Of them, because the run stopped early."""
    codes: dict[str, int]
    """How many accounts ended with each exit code."""
    code: int
    """The worst of them."""
    halted: str
    """Why the run stopped early; empty where it did not."""
    counts: dict[str, int]
    """The sum of the accounts'."""
    money: tuple[MovedMoney, ...]
    """Over the fleet."""
    ends: int
    """Objects that are retired or replaced."""
    stopped: Count
    """Of plans: accounts whose own guardrails would let an apply write nothing."""
    stopped_by: tuple[str, ...]
    """
    Of plans: the limits of the fleet that would let an apply write nothing, and what would let it pass.
    """
    requests: int
    """Requests to Stripe."""
    seconds: float
    """How long it took."""
    worst: tuple[AccountLine, ...]
    """At most ten accounts that were not simply done, the worst first; each as in a line of its own."""
