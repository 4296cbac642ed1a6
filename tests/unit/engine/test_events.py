"""What events tell of objects since one of them, and when they tell nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from provisioner.engine.read.events import GapError, touched
from provisioner.kinds import KINDS

NOW = 1_790_000_000
VERSION = "2026-10-28.endive"


class Listing:
    """A reader whose account has these events, newest first."""

    version = VERSION

    def __init__(self, *events: Mapping[str, Any]) -> None:
        self.events = events

    def list(self, resource: str, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        assert resource == "events"
        since = params.get("created", {}).get("gte", 0)
        return (event for event in self.events if event["created"] >= since)


def event(name: str, at: int, what: str = "updated", version: str = VERSION) -> dict[str, Any]:
    return {
        "id": f"evt_{name}",
        "created": at,
        "type": f"issuing_card.{what}",
        "api_version": version,
        "data": {"object": {"id": "ic_1", "shown": name}},
    }


KNOWN = {**event("known", NOW), "data": {"object": {"id": "ic_0"}}}


def newest(*events: Mapping[str, Any]) -> str | None:
    """What is known of the card: which event's snapshot, or None where it must be read."""
    found = touched(Listing(*events, KNOWN), KINDS, "evt_known", NOW)["ic_1"]
    return found and str(found["shown"])


def test_the_newest_snapshot_counts_in_whatever_order_events_are_listed() -> None:
    assert newest(event("late", NOW + 9), event("early", NOW + 5)) == "late"
    assert newest(event("early", NOW + 5), event("late", NOW + 9)) == "late"


def test_what_was_made_and_changed_in_one_second_is_as_it_was_changed() -> None:
    assert newest(event("made", NOW + 5, "created"), event("changed", NOW + 5)) == "changed"
    assert newest(event("changed", NOW + 5), event("made", NOW + 5, "created")) == "changed"


def test_of_two_changes_in_one_second_none_is_known_to_be_the_last() -> None:
    assert newest(event("one", NOW + 5), event("other", NOW + 5)) is None


def test_a_snapshot_of_another_version_is_not_taken() -> None:
    assert newest(event("other", NOW + 5, version="2020-08-27")) is None


def test_an_event_that_came_to_be_listed_late_is_seen() -> None:
    assert newest(event("late", NOW - 100)) == "late"


def test_without_the_event_that_is_known_others_may_be_gone_too() -> None:
    with pytest.raises(GapError, match="no longer has events that go back to it"):
        touched(Listing(event("late", NOW + 9)), KINDS, "evt_known", NOW)
