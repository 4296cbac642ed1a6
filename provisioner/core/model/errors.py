"""What can go wrong, as values and as the errors that carry them.

ProvisionerError            exit 1
+-- ConfigError             exit 1   the YAML is not sound; carries every Problem
+-- ConflictError           exit 1   Stripe holds something that only a person can resolve
+-- GuardrailError          exit 3   a limit judged the plan
+-- StaleError              exit 4   what was approved is no longer what would be done
+-- AccessError             exit 7   wrong key, account, mode or permission
+-- StripeError             exit 1   Stripe refused or could not be reached; carries the request id
    +-- OutageError         exit 1   Stripe has not answered for so long that going on is no use
    +-- UnfulfilledError    exit 5   Stripe has accepted a write and not done what was asked
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import ClassVar, NamedTuple, Self

from msgspec import Struct


class ExitCode(IntEnum):
    """
    Exit codes of the commands. Scripts depend on them, so no code ever changes its meaning.

    `meaning` is what README and `docs/reference/exit-codes.md` say of it.
    """

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """Keep the meaning beside the number."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    DONE = 0, "done, or in sync"
    ERROR = 1, "error; nothing was changed, or the message says what was"
    CHANGES = 2, "changes (`plan --detailed-exitcode`), or drift"
    GUARDRAIL = 3, "blocked by a guardrail; the message says how to allow it once"
    STALE = 4, "the saved plan is stale"
    PARTLY = 5, "applied in part; run it again to finish"
    ACCESS = 7, "wrong key, account, or mode"
    INTERRUPTED = 130, "interrupted; requests in flight were finished"


class Where(NamedTuple):
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Problem(Struct, frozen=True):
    """One thing that is wrong, and what to do about it."""

    where: Where | None
    """The place; None where it is about no file."""
    address: str
    """The resource or section that it is about; may be empty."""
    text: str
    """What is wrong, and what would be right."""
    excerpt: str = ""
    """The line of the file with a caret under the place, for terminals; without what must not be shown."""

    def __str__(self) -> str:
        parts = [str(self.where)] if self.where else []
        parts += [self.address] if self.address else []
        return ": ".join([*parts, self.text])


class ProvisionerError(Exception):
    """An error that is shown as a message, without a traceback; the command ends with its `exit_code`."""

    exit_code: ClassVar[ExitCode] = ExitCode.ERROR


class ConfigError(ProvisionerError):
    """The configuration is not sound; `problems` holds all of them, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ConflictError(ProvisionerError):
    """Live Stripe holds something that no plan may decide, such as two objects with one address."""


class GuardrailError(ProvisionerError):
    """A guardrail stopped the plan before the first write."""

    exit_code = ExitCode.GUARDRAIL


class StaleError(ProvisionerError):
    """A saved plan is no longer what would be done."""

    exit_code = ExitCode.STALE


class AccessError(ProvisionerError):
    """The key is refused, lacks a permission, or belongs to another account or mode."""

    exit_code = ExitCode.ACCESS


class StripeError(ProvisionerError):
    """Stripe refused a request, or gave no usable answer.

    `status` is the HTTP status (0 when there was no answer), `code` Stripe's error code or type.
    `replayed` says that it is the answer kept for the idempotency key, and tells nothing about now;
    `repeated` that an earlier attempt of the same call failed too, so that the answer may be this run's own.
    """

    def __init__(
        self,
        text: str,
        *,
        status: int = 0,
        code: str = "",
        request_id: str = "",
        replayed: bool = False,
        repeated: bool = False,
    ) -> None:
        self.status, self.code, self.request_id, self.replayed = status, code, request_id, replayed
        self.repeated = repeated
        super().__init__(f"{text} (request {request_id})" if request_id else text)


class NotSentError(ProvisionerError):
    """The run was interrupted while a request waited for its turn; the request was never sent."""


class UnfulfilledError(StripeError):
    """Stripe has accepted a write and not done what was asked, or only a part of it."""

    exit_code = ExitCode.PARTLY


class OutageError(StripeError):
    """Stripe has failed so often, and for so long, that the run ends here."""
