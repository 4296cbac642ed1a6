"""The minimum time that the remaining steps of a plan take within the rate limits."""

from collections import Counter
from collections.abc import Iterable

from provisioner.core.plan.call import Phase, Step
from provisioner.stripe_api.rate_limit import Limits, at_least


class Remaining:
    """Counts the remaining steps: one request each; a phase begins when the previous one ends."""

    def __init__(self, limits: Limits, steps: Iterable[Step]) -> None:
        self._limits = limits
        self._phases: dict[Phase, Counter[tuple[str, str]]] = {}
        for step in steps:
            self._phases.setdefault(step.phase, Counter())[_endpoint(step)] += 1

    def ended(self, step: Step) -> None:
        """Record that a step ended, successfully or not."""
        self._phases[step.phase][_endpoint(step)] -= 1

    def seconds(self) -> float:
        """Return the seconds that the remaining steps take if Stripe responds immediately."""
        return sum(at_least(self._limits, counts.values()) for counts in self._phases.values())


def _endpoint(step: Step) -> tuple[str, str]:
    return step.call.service, step.call.verb
