"""Blocks and objects: everybody gets one that fits where that can be told, and nobody the one of another."""

from itertools import permutations, product
from typing import Any

import pytest

from provisioner.core.ownership.matching import pair

NOBODY: dict[int, Any] = {}


@pytest.mark.parametrize(
    ("wants", "found", "unclear"),
    [
        ([{"a": 0}], {0: "a"}, {}),
        ([{}], NOBODY, {0: ()}),
        ([{"a": 0, "b": 1}], {0: "a"}, {}),
        ([{"a": 0, "b": 0}], NOBODY, {0: ("a", "b")}),
        ([{"a": 1, "b": 0}] * 2, {0: "a", 1: "b"}, {}),
        ([{"a": 0, "b": 1, "c": 1}] * 2, NOBODY, {0: ("a", "b", "c"), 1: ("a", "b", "c")}),
        ([{"a": 0}] * 2, NOBODY, {0: ("a",), 1: ("a",)}),
        ([{"a": 0, "b": 0}, {"b": 0}], {0: "a", 1: "b"}, {}),
        ([{"a": 0, "b": 1}, {"a": 1}], {0: "b", 1: "a"}, {}),
        ([{"a": 0, "b": 2}, {"a": 1, "b": 2}], {0: "a", 1: "b"}, {}),
        ([{"a": 0, "b": 1}, {"b": 0, "a": 1}], {0: "a", 1: "b"}, {}),
        ([{"a": 1, "b": 2}, {"a": 1, "c": 2}], NOBODY, {0: ("a",), 1: ("a",)}),
        ([{"a": 0, "b": 1}, *[{"a": 2, "c": 2}] * 2], {0: "b", 1: "a", 2: "c"}, {}),
        ([{"a": 0, "b": 0}, {"a": 0, "b": 0, "c": 0}], NOBODY, {0: ("a", "b"), 1: ("a", "b", "c")}),
    ],
)
def test_who_gets_what(wants: Any, found: Any, unclear: Any) -> None:
    pairs = pair(wants)

    assert pairs.found == found
    assert pairs.unclear == unclear


def small_worlds() -> Any:
    fits = [
        {i: d for i, d in zip("ab", ds, strict=True) if d is not None}
        for ds in product((None, 0, 1), repeat=2)
    ]
    return product(fits, repeat=3)


def test_in_every_small_world_nothing_is_given_twice_and_names_decide_nothing() -> None:
    for wants in small_worlds():
        pairs = pair(wants)
        assert len(set(pairs.found.values())) == len(pairs.found)
        assert all(identity in wants[block] for block, identity in pairs.found.items())
        assert pairs.found.keys() ^ pairs.unclear.keys() == set(range(len(wants)))
        for order in permutations(range(len(wants))):
            again = pair([wants[block] for block in order])
            assert {order[block] for block in again.found} == set(pairs.found)
