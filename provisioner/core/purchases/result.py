"""The result of a scenario: the expected outcome, Stripe's answer, and the simulator's prediction."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from provisioner.core.model.scenario import Course, Scenario, Unsure
from provisioner.core.purchases.simulator import REASONS


class Standing(StrEnum):
    """The outcome of a scenario; every value but `passed` makes the run fail."""

    PASSED = "passed"
    FAILED = "failed"
    DISAGREED = "disagreed"
    ERROR = "error"


class ScenarioResult(Struct, frozen=True):
    """The result of one scenario."""

    scenario: Scenario
    """The scenario."""
    simulated: Course
    """The simulator's prediction."""
    actual: Course | None = None
    """The answer of Stripe or the sandbox; None if neither was asked."""
    trouble: str = ""
    """The reason why it could not be run; empty if it was."""
    remark: str = ""
    """A remark for the reader, which may be empty."""

    @property
    def course(self) -> Course:
        """Return Stripe's answer if there is one, else the simulator's prediction."""
        return self.actual or self.simulated

    @property
    def standing(self) -> Standing:
        """Return whether the scenario passed, or in which way it failed."""
        if self.trouble:
            return Standing.ERROR
        answer = self.course.answer
        # The configuration cannot explain such a decline, for example by the account's own webhook.
        undeclared = not isinstance(answer, Unsure) and not answer.approved and answer.reason not in REASONS
        if self.actual and not self.actual.agrees(self.simulated) and not undeclared:
            return Standing.DISAGREED
        if isinstance(answer, Unsure):
            return Standing.ERROR
        return Standing.PASSED if self.course.fulfils(self.scenario) else Standing.FAILED

    @property
    def text(self) -> str:
        """Return the reason for a failure in words; if the scenario passed, its remark."""
        match self.standing:
            case Standing.PASSED:
                return self.remark
            case Standing.ERROR:
                return self.trouble or self.course.answer.why
            case Standing.DISAGREED:
                return (
                    f"Stripe: {self._said(self.course)}; the simulator: {self._said(self.simulated)}"
                    f"{self._because(self.simulated)}"
                )
            case Standing.FAILED:
                said = f"{self._said(self.course)}, expected {expected(self.scenario)}"
                return said + (self._because(self.course) or self._because(self.simulated))

    def _said(self, course: Course) -> str:
        """Return the final answer, and the purchase at which the scenario stopped if that was too early."""
        if course.place < len(self.scenario.after):
            return f"earlier purchase {course.place + 1} of {len(self.scenario.after)} {course.answer}"
        return str(course.answer)

    def _because(self, course: Course) -> str:
        return f": {course.answer.why}" if course.answer.why else ""


def expected(scenario: Scenario) -> str:
    """Return the expected outcome of a scenario in words."""
    if scenario.approved:
        return "approved"
    return f"declined ({scenario.reason})" if scenario.reason else "declined"


def tally(results: Iterable[ScenarioResult]) -> dict[str, int]:
    """Return the number of results with each outcome."""
    counts = Counter(result.standing for result in results)
    return {str(standing): counts[standing] for standing in Standing}
