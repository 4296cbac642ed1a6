"""Orders the events of one second, because Stripe's times do not show which came first."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from provisioner.core.purchases.past import PastMove, PastRequest

STEPS = 2_000  # steps of the search for such an order; after that, the likeliest order is used


class NewControls(NamedTuple):
    """The time at which the next controls of a card or cardholder take effect."""

    at: int
    """The time (Unix seconds)."""
    id: str
    """Stripe's id of the card or cardholder."""


Event = PastRequest | PastMove | NewControls


class Trial(Protocol):
    """The state at some time, in which an order of events can be tried out."""

    def explains(self, request: PastRequest) -> bool:
        """Return whether the controls in force explain Stripe's decision in the current state."""

    def apply(self, event: Event) -> None:
        """Change the state by an event, with Stripe's decision."""

    def undo(self) -> None:
        """Undo the last event."""


def arrange(events: Sequence[Event], trial: Trial) -> list[Event]:
    """
    Return the events of one second in an order that explains Stripe's decisions, if there is one.

    The given order is used if it explains them. New authorizations always keep their order, and so do the
    requests of one authorization, and its moves. Expiries come first, if that explains the rest. All other
    events happen as late as possible: those that free room wait until an approval needs the room, and those
    that use room, or change controls, wait until a decline needs them. If no order explains everything, the
    beginning is explained, and the rest stays in the order of time.
    """
    if _is_explained(events, trial):
        return [*events]
    queue = _Queue(events)
    options, steps = [iter(queue.options(trial))], 0
    seen = {queue.state()}  # The counted amounts depend only on the set of past events, not on their order.
    while options and len(queue.order) < len(events) and steps < STEPS + 2 * len(events):
        steps += 1
        event = next(options[-1], None)
        if event is not None:
            trial.apply(queue.take(event))
            is_new = (state := queue.state()) not in seen
            seen.add(state)
            options.append(iter(queue.options(trial) if is_new else ()))
            continue
        options.pop()
        if queue.order:
            trial.undo()
            queue.put_back()
    if len(queue.order) < len(events):
        _take_anyhow(queue, len(events), trial)
    for _ in queue.order:
        trial.undo()
    return queue.order


def _is_explained(events: Sequence[Event], trial: Trial) -> bool:
    """Return whether every decision is explained if the events happen in this order."""
    done = 0
    for event in events:
        if isinstance(event, PastRequest) and not trial.explains(event):
            break
        trial.apply(event)
        done += 1
    for _ in range(done):
        trial.undo()
    return done == len(events)


def _take_anyhow(queue: "_Queue", count: int, trial: Trial) -> None:
    """Start over, and accept the first request at a point where no order explains any."""
    while queue.order:
        trial.undo()
        queue.put_back()
    while len(queue.order) < count:
        event = next(iter(queue.options(trial)), None) or queue.heads()[0]
        trial.apply(queue.take(event))


class _Queue:
    """The events that have not been placed yet: new authorizations in their order, and others by subject."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.order: list[Event] = []
        self._new: deque[Event] = deque()
        self._others: dict[object, deque[Event]] = defaultdict(deque)
        self._waits: set[object] = set()  # authorizations that are created later in this second
        for event in events:
            if isinstance(event, PastRequest) and event.first:
                self._new.append(event)
                self._waits.add(event.authorization)
            else:
                self._others[_subject(event)].append(event)

    def heads(self) -> list[Event]:
        """Return the candidates for the next event, the next new authorization first."""
        others = [
            each[0]
            for each in self._others.values()
            if each and (isinstance(each[0], NewControls) or each[0].authorization not in self._waits)
        ]
        return [*([self._new[0]] if self._new else []), *others]

    def state(self) -> tuple[int, ...]:
        """Return the number of events left of each sort, which identifies the events placed so far."""
        return len(self._new), *map(len, self._others.values())

    def options(self, trial: Trial) -> list[Event]:
        """
        Return the candidates for the next event, the likeliest first. Requests are included only if
        explained.
        """
        heads = self.heads()
        requests = [each for each in heads if isinstance(each, PastRequest)]
        explained = [each for each in requests if trial.explains(each)]
        lapsed = [each for each in heads if _lapses(each)]
        rest = [each for each in heads if not isinstance(each, PastRequest) and not _lapses(each)]
        if requests and not explained:
            rest.sort(key=lambda each: not _helps(each, requests[0]))
        return [*lapsed, *explained, *rest]

    def take(self, event: Event) -> Event:
        """Place an event."""
        if isinstance(event, PastRequest) and event.first:
            self._new.popleft()
            self._waits.discard(event.authorization)
        else:
            self._others[_subject(event)].popleft()
        self.order.append(event)
        return event

    def put_back(self) -> None:
        """Take the last placed event back."""
        event = self.order.pop()
        if isinstance(event, PastRequest) and event.first:
            self._new.appendleft(event)
            self._waits.add(event.authorization)
        else:
            self._others[_subject(event)].appendleft(event)


def _subject(event: Event) -> object:
    return event.id if isinstance(event, NewControls) else (type(event), event.authorization)


def _lapses(event: Event) -> bool:
    """Return whether an event ends an older authorization without a request, as an expiry does."""
    return isinstance(event, PastMove) and event.began < event.at and not event.left and not event.captured


def _helps(event: Event, request: PastRequest) -> bool:
    """Return whether an event, if it comes first, may explain the decision on a request."""
    if isinstance(event, PastMove):
        return event.amount < 0 if request.approved else event.amount > 0
    return True


def by_holder(events: Sequence[Event], holders: dict[str, str]) -> Iterator[list[Event]]:
    """Yield the events of each cardholder separately; purchases of different cardholders share no limit."""
    groups: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        at = holders.get(event.id, event.id) if isinstance(event, NewControls) else event.holder
        groups[at].append(event)
    yield from groups.values()
