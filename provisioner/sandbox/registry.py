"""What rules know each other by: the kinds of objects and the timers, by name."""

from collections.abc import Callable
from typing import TypeVar

from provisioner.sandbox.tx import Resource, Tx

Timer = TypeVar("Timer", bound=Callable[[Tx, str], None])

_RESOURCES: dict[str, Resource] = {}
TIMERS: dict[str, Callable[[Tx, str], None]] = {}


def registered(resource: Resource) -> Resource:
    """Let a kind of object be found by Stripe's name for it."""
    _RESOURCES[resource.object] = resource
    return resource


def resource_of(name: str) -> Resource:
    """The kind of object of this name (`issuing.card`)."""
    return _RESOURCES[name]


def timer(name: str) -> Callable[[Timer], Timer]:
    """Have a function done when a timer of this name (see `Tx.schedule`) goes off."""

    def register(function: Timer) -> Timer:
        TIMERS[name] = function
        return function

    return register
