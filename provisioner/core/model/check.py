"""The parts of a check: whether each passed, and its problems."""

from enum import StrEnum

from msgspec import Struct

from provisioner.core.model.errors import ExitCode, Problem


class CheckOutcome(StrEnum):
    """The outcome of a part of a check."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class CheckPart(Struct, frozen=True):
    """One part of a check, such as the validation of the configuration."""

    name: str
    """`validate`, `scenarios`, `guardrails`, `backtest` or `plan`."""
    text: str
    """The result in one line."""
    exit_code: ExitCode = ExitCode.DONE
    """The exit code of this part alone."""
    problems: tuple[Problem, ...] = ()
    """The problems that made it fail."""
    warnings: tuple[Problem, ...] = ()
    """Other observations, which do not make it fail."""
    skipped: bool = False
    """True if it was not done."""

    @property
    def outcome(self) -> CheckOutcome:
        """Return whether it passed; a part that was not done neither passed nor failed."""
        if self.skipped:
            return CheckOutcome.SKIPPED
        return CheckOutcome.FAILED if self.exit_code else CheckOutcome.PASSED
