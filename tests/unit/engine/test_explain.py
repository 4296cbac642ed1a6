"""Who moved a value: the newest of Stripe's events about it that is not our own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.core.diff.change import Moved
from provisioner.core.diff.drift import Drift
from provisioner.core.diff.drift_document import TraceDocument
from provisioner.core.model.resource import Address
from provisioner.engine.read.attribution import explain
from provisioner.kinds import KINDS

LIMITS = {"spending_controls": {"spending_limits": []}}
MOVED = Drift(
    Address("cards", "ads"), "ic_1", "spending_controls.spending_limits[0].amount", Moved.LIVE, 1, 2
)


def event(
    number: int, moved: Mapping[str, Any], key: str | None = None, card: str = "ic_1"
) -> dict[str, Any]:
    return {
        "id": f"evt_{number}",
        "created": number,
        "request": {"id": f"req_{number}", "idempotency_key": key},
        "data": {"object": {"id": card}, "previous_attributes": moved},
    }


@dataclass
class Events:
    """A reader that has these events, newest first."""

    events: Sequence[Mapping[str, Any]]

    def list(self, resource: str, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        assert resource == "events"
        assert "issuing_card.updated" in params["types"]
        return iter(self.events)

    def retrieve(self, _resource: str) -> Mapping[str, Any]:
        raise AssertionError("events are listed")


def test_the_newest_that_moved_the_value_is_named_and_our_own_is_not() -> None:
    events = [
        event(6, LIMITS, card="ic_2"),
        event(5, LIMITS, "provisioner-0001"),
        event(4, {"status": "active"}),
        event(3, LIMITS, "dashboard"),
        event(2, LIMITS),
    ]

    trace = TraceDocument("1970-01-01T00:00:03+00:00", "evt_3", "req_3")
    assert explain(Events(events), KINDS, [MOVED]) == {MOVED.place: trace}


def test_what_only_we_have_moved_is_not_explained() -> None:
    assert explain(Events([event(5, LIMITS, "provisioner-0001")]), KINDS, [MOVED]) == {}
