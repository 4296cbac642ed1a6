"""
Problems, and the errors that contain them.

ProvisionerError            exit 1
+-- ConfigError             exit 1   the YAML is not valid; carries every Problem
+-- ConflictError           exit 1   Stripe holds something that only a person can resolve
+-- GuardrailError          exit 3   a limit blocked the plan
+-- StaleError              exit 4   the approved changes differ from what would be done now
+-- AccessError             exit 7   wrong key, account, mode or permission
+-- StripeError             exit 1   Stripe refused or could not be reached; carries the request id
    +-- OutageError         exit 1   Stripe has failed for so long that the run gives up
    +-- UnfulfilledError    exit 5   Stripe accepted a write but did not do what was asked
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import ClassVar, NamedTuple, Self, TypeVar

from msgspec import Struct

Code = TypeVar("Code", bound=int)


class ExitCode(IntEnum):
    """
    Exit codes of the commands. Scripts depend on them, so no code ever changes its meaning.

    `meaning` is the description in README and `docs/reference/exit-codes.md`.
    """

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """Store the meaning with the number."""
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


# from good to bad: of several exit codes, the last in this order is returned
SEVERITY = (
    ExitCode.DONE,
    ExitCode.CHANGES,
    ExitCode.STALE,
    ExitCode.GUARDRAIL,
    ExitCode.PARTLY,
    ExitCode.ERROR,
    ExitCode.ACCESS,
    ExitCode.INTERRUPTED,
)


def worst(*codes: Code) -> Code:
    """Return the worst of one or more exit codes."""
    return max(codes, key=SEVERITY.index)


class Where(NamedTuple):
    """A place in a file; line and column count from 1."""

    file: str
    """The path of the file."""
    line: int
    """The line."""
    column: int
    """The column."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Problem(Struct, frozen=True):
    """One problem, and how to fix it."""

    where: Where | None
    """The place; None if the problem is not in a file."""
    address: str
    """The resource or section concerned; may be empty."""
    text: str
    """The mistake, and how to fix it."""
    excerpt: str = ""
    """The line of the file with a caret under the place, for terminals; without sensitive values."""

    def __str__(self) -> str:
        parts = [str(self.where)] if self.where else []
        parts += [self.address] if self.address else []
        return ": ".join([*parts, self.text])


class ProvisionerError(Exception):
    """An error that is shown as a message, without a traceback; the command ends with its `exit_code`."""

    exit_code: ClassVar[ExitCode] = ExitCode.ERROR


class ConfigError(ProvisionerError):
    """The configuration is not valid; `problems` has all problems, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ConflictError(ProvisionerError):
    """Stripe has a state that no plan may resolve, such as two objects with one address."""


class GuardrailError(ProvisionerError):
    """A guardrail stopped the plan before the first write."""

    exit_code = ExitCode.GUARDRAIL


class StaleError(ProvisionerError):
    """The changes of a saved plan are no longer those that would be made."""

    exit_code = ExitCode.STALE


class AccessError(ProvisionerError):
    """The key is refused, lacks a permission, or belongs to another account or mode."""

    exit_code = ExitCode.ACCESS


class StripeError(ProvisionerError):
    """
    Stripe refused a request, or gave no usable response.

    `status` is the HTTP status (0 if there was no response), `code` is Stripe's error code or type.
    `replayed` is true for a response stored under the idempotency key, which does not describe the current
    state. `repeated` is true if an earlier attempt of the same call failed, too, and may have caused this
    response.
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
    """Stripe accepted a write but did not do what was asked, or did only a part of it."""

    exit_code = ExitCode.PARTLY


class OutageError(StripeError):
    """Stripe has failed so often, and for so long, that the run ends here."""
