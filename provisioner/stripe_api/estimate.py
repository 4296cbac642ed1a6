"""How long the steps of a plan take at least, by the limits that their requests are sent under."""

from collections import Counter
from collections.abc import Iterable

from provisioner.core.plan.call import Phase, Step
from provisioner.stripe_api.rate_limit import Limits, at_least


class Remaining:
    """The steps that are still to be made: one request each, and a phase begins when the one before ends."""

    def __init__(self, limits: Limits, steps: Iterable[Step]) -> None:
        self._limits = limits
        self._phases: dict[Phase, Counter[tuple[str, str]]] = {}
        for step in steps:
            self._phases.setdefault(step.phase, Counter())[_endpoint(step)] += 1

    def ended(self, step: Step) -> None:
        """Take note that a step has ended, however it did."""
        self._phases[step.phase][_endpoint(step)] -= 1

    def seconds(self) -> float:
        """How long the rest takes when Stripe answers at once."""
        return sum(at_least(self._limits, counts.values()) for counts in self._phases.values())


def _endpoint(step: Step) -> tuple[str, str]:
    return step.call.service, step.call.verb
