"""Lists that were read while somebody wrote are completed by what they refer to."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from provisioner.core.model.snapshot import Observed
from provisioner.core.schema.kind import owned
from provisioner.engine.read.projection import observer
from provisioner.engine.read.repair import mended
from provisioner.kinds import KINDS

NOW = 1_790_000_000
HOLDERS, CARDS, DESIGNS = "issuing/cardholders", "issuing/cards", "issuing/personalization_designs"
OLD, NEW = {"id": "ich_old", "created": NOW}, {"id": "ich_new", "created": NOW}
OWNED = owned(KINDS)


class Listing:
    """A reader of cardholders by their time of creation; `asked` are the lists that were read."""

    def __init__(self, *holders: Mapping[str, Any]) -> None:
        self.holders = holders
        self.asked: list[str] = []

    def list(self, resource: str, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        self.asked.append(resource)
        since = params.get("created", {}).get("gte", 0)
        return (each for each in self.holders if each["created"] >= since)


def listed(*holders: str) -> dict[str, list[Observed]]:
    """What was read: the old holder, and a card of each of these holders."""
    cards = [Observed(f"ic_{holder}", NOW, {"cardholder": holder}) for holder in holders]
    return {HOLDERS: [Observed("ich_old", NOW)], CARDS: cards}


@pytest.mark.parametrize("later", [0, 30])
def test_a_holder_that_was_made_meanwhile_is_looked_for(later: int) -> None:
    made = {**NEW, "created": NOW + later}
    reader = Listing(made, OLD)

    found = mended(reader, OWNED, listed("ich_new", "ich_old"), observer)

    assert found[HOLDERS] == [Observed("ich_new", NOW + later), Observed("ich_old", NOW)]


def test_lists_that_lack_nothing_are_not_read_again() -> None:
    reader, objects = Listing(NEW, OLD), listed("ich_old")

    assert mended(reader, OWNED, objects, observer) == objects
    assert reader.asked == []


def branded(*designs: str) -> dict[str, list[Observed]]:
    """What was read: these designs, and a card of a new one."""
    card = Observed("ic_1", NOW, {"personalization_design": "ipcd_new"})
    return {DESIGNS: [Observed(each, NOW) for each in designs], CARDS: [card]}


def test_a_list_that_has_no_times_is_read_whole() -> None:
    asked: list[Mapping[str, Any]] = []

    class Whole(Listing):
        def list(self, resource: str, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
            asked.append(params)
            return super().list(resource, params)

    reader = Whole({"id": "ipcd_new", "created": NOW}, {"id": "ipcd_old", "created": NOW})

    found = mended(reader, OWNED, branded("ipcd_old"), observer)

    assert [each.id for each in found[DESIGNS]] == ["ipcd_new", "ipcd_old"]
    assert asked == [{}]


def test_a_list_that_the_project_does_without_is_not_read() -> None:
    reader, objects = Listing(), branded()

    assert mended(reader, OWNED, objects, observer) == objects
    assert reader.asked == []
