"""Which accounts a selector and a shard mean."""

import pytest

from provisioner.fleet.model import FleetAccount
from provisioner.fleet.select import Shard, fits, parse_selector, parse_shard

NORTH = FleetAccount("acct_1A", "north", "x", labels={"tier": "gold", "region": "eu-west"})
SOUTH = FleetAccount("acct_1B", "south", "x", labels={"tier": "basic"})


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["tier=gold"], ["north"]),
        (["tier=*"], ["north", "south"]),
        (["tier=gold,region=us-*"], []),
        (["region=eu-*, tier=gold"], ["north"]),
        (["tier!=gold"], ["south"]),
        (["region!=eu-*"], ["south"]),  # who has no such label has another
        (["acct_1?"], ["north", "south"]),
        (["so*"], ["south"]),
        (["no*", "so*"], ["north", "south"]),
        (["TIER=gold"], []),
    ],
)
def test_selectors(texts, found):
    selectors = [parse_selector(text) for text in texts]

    assert [each.name for each in (NORTH, SOUTH) if fits(selectors, each)] == found


@pytest.mark.parametrize("text", ["", "a,,b", "=gold", "tier=", "!=x"])
def test_what_is_no_selector_says_what_is(text):
    with pytest.raises(ValueError, match="a selector looks like 'tier=gold'"):
        parse_selector(text)


@pytest.mark.parametrize("of", [1, 2, 7, 32])
def test_every_account_is_in_exactly_one_shard_and_the_shards_are_alike(of):
    ids = [f"acct_1{number}" for number in range(2000)]
    shards = [Shard(number, of) for number in range(1, of + 1)]

    counts = [sum(shard.holds(each) for each in ids) for shard in shards]

    assert sum(counts) == len(ids)
    assert max(counts) < 1.5 * len(ids) / of


@pytest.mark.parametrize("text", ["", "3", "0/2", "3/2", "a/b", "1/", "-1/2", "1/0"])
def test_what_is_no_shard_says_what_is(text):
    with pytest.raises(ValueError, match="a shard is NUMBER/TOTAL"):
        parse_shard(text)


def test_a_shard_is_written_as_it_is_read():
    assert str(parse_shard("2/8")) == "2/8"
