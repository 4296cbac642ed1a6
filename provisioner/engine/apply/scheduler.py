"""Steps that may be made now, a queue for each endpoint, so that every endpoint's limit is used in full."""

from collections import Counter, deque
from collections.abc import Sequence

from provisioner.core.plan.call import Step

EACH = 16  # steps at once on one endpoint: 25 a second when Stripe takes 600 ms for each


class Ready:
    """Hands out steps by their numbers; the endpoint with the fewest under way comes first."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._endpoints = [(step.call.service, step.call.verb) for step in steps]
        self._queues: dict[tuple[str, str], deque[int]] = {}
        self._under_way: Counter[tuple[str, str]] = Counter()

    def __bool__(self) -> bool:
        return any(self._queues.values())

    def add(self, number: int) -> None:
        """A step that may be made now."""
        self._queues.setdefault(self._endpoints[number], deque()).append(number)

    def take(self) -> int | None:
        """The step to make next; None while every endpoint with steps has enough under way."""
        free = [name for name, queue in self._queues.items() if queue and self._under_way[name] < EACH]
        if not free:
            return None
        name = min(free, key=self._under_way.__getitem__)
        self._under_way[name] += 1
        return self._queues[name].popleft()

    def end(self, number: int) -> None:
        """A step that was taken has ended."""
        self._under_way[self._endpoints[number]] -= 1
