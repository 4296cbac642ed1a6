"""Lists that were read while somebody wrote are completed by what they refer to."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from provisioner.engine.read.repair import mended
from provisioner.kinds import KINDS

NOW = 1_790_000_000
HOLDERS, CARDS = "issuing/cardholders", "issuing/cards"
OLD, NEW = {"id": "ich_old", "created": NOW}, {"id": "ich_new", "created": NOW}


class Listing:
    """A reader of cardholders by their time of creation; `asked` are the lists that were read."""

    def __init__(self, *holders: Mapping[str, Any]) -> None:
        self.holders = holders
        self.asked: list[str] = []

    def list(self, resource: str, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        self.asked.append(resource)
        since = params.get("created", {}).get("gte", 0)
        return (each for each in self.holders if each["created"] >= since)


def listed(*holders: str) -> dict[str, list[Mapping[str, Any]]]:
    """What was read: the old holder, and a card of each of these holders."""
    cards = [{"id": f"ic_{holder}", "created": NOW, "cardholder": {"id": holder}} for holder in holders]
    return {HOLDERS: [OLD], CARDS: cards}


@pytest.mark.parametrize("later", [0, 30])
def test_a_holder_that_was_made_meanwhile_is_looked_for(later: int) -> None:
    made = {**NEW, "created": NOW + later}
    reader = Listing(made, OLD)

    found = mended(reader, KINDS, listed("ich_new", "ich_old"), lambda _kind: lambda item: item)

    assert found[HOLDERS] == [made, OLD]


def test_lists_that_lack_nothing_are_not_read_again() -> None:
    reader, objects = Listing(NEW, OLD), listed("ich_old")

    assert mended(reader, KINDS, objects, lambda _kind: lambda item: item) == objects
    assert reader.asked == []
