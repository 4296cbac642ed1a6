"""Who moved a value: the newest of Stripe's events about it that is not our own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.core.model.json_document import TraceDocument
from provisioner.core.model.resource import Address
from provisioner.engine.read.attribution import Explanation, explain
from provisioner.kinds import KINDS

LIMITS = {"spending_controls": {"spending_limits": []}}
PLACE = (Address("cards", "ads"), "spending_controls.spending_limits[0].amount")
CHANGED = {PLACE: "ic_1"}


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
    assert explain(Events(events), KINDS, CHANGED) == Explanation({PLACE: trace})


def test_what_only_we_have_moved_is_not_explained() -> None:
    explanation = explain(Events([event(5, LIMITS, "provisioner-0001")]), KINDS, CHANGED)

    assert explanation.traces == {}
    assert "no event of the last 30 days for 1 value" in explanation.gap


def test_no_event_is_read_beyond_the_oldest_that_is_wanted() -> None:
    wanted = [event(3, LIMITS)]
    reader = Events(wanted)
    reader.list = lambda *_: iter_then_fail(wanted)  # type: ignore[method-assign]

    assert PLACE in explain(reader, KINDS, CHANGED).traces


def iter_then_fail(events: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    yield from events
    raise AssertionError("read too far")
