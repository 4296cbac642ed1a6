"""Chooses the steps that may start now, and keeps every endpoint busy."""

from collections import Counter, deque
from collections.abc import Sequence

from provisioner.core.model.resource import Address
from provisioner.core.plan.call import Step

EACH = 16  # steps at once on one endpoint: 25 per second if each takes Stripe 600 ms


class Ready:
    """
    Hands out steps by their numbers; the endpoint with the fewest steps in progress comes first.

    A step waits for earlier steps on its own object, on an object that it needs, and on objects that need its
    own.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self._endpoints = [(step.call.service, step.call.verb) for step in steps]
        self._queues: dict[tuple[str, str], deque[int]] = {}
        self._under_way: Counter[tuple[str, str]] = Counter()
        self._waiting: list[set[int]] = [set() for _ in steps]
        self._frees: list[list[int]] = [[] for _ in steps]
        writers: dict[Address, int] = {}
        readers: dict[Address, list[int]] = {}
        for number, step in enumerate(steps):
            before = {writers[a] for a in (step.address, *step.needs) if a in writers}
            for other in before.union(readers.pop(step.address, ())):
                self._waiting[number].add(other)
                self._frees[other].append(number)
            writers[step.address] = number
            for address in step.needs:
                readers.setdefault(address, []).append(number)
            if not self._waiting[number]:
                self._add(number)

    def __bool__(self) -> bool:
        return any(self._queues.values())

    def _add(self, number: int) -> None:
        self._queues.setdefault(self._endpoints[number], deque()).append(number)

    def take(self) -> int | None:
        """Return the step to make next; None if every endpoint with waiting steps has enough in progress."""
        free = [name for name, queue in self._queues.items() if queue and self._under_way[name] < EACH]
        if not free:
            return None
        name = min(free, key=self._under_way.__getitem__)
        self._under_way[name] += 1
        return self._queues[name].popleft()

    def end(self, number: int) -> None:
        """Record that a step has ended, so that steps that waited only for it may start."""
        self._under_way[self._endpoints[number]] -= 1
        for other in self._frees[number]:
            self._waiting[other].discard(number)
            if not self._waiting[other]:
                self._add(other)
