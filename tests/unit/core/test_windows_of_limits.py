"""Where the windows of limits begin: at the first moment that shares them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.core.purchases.windows import PLACES, window_start, windows


@given(st.integers(0, 4_000_000_000), st.sampled_from(sorted(PLACES)))
def test_a_window_begins_at_the_first_moment_that_is_in_it(at: int, interval: str) -> None:
    place, begin = PLACES[interval], window_start(interval, at)

    assert begin <= at
    assert windows(begin)[place] == windows(at)[place]
    assert interval == "all_time" or windows(begin - 1)[place] != windows(at)[place]


@pytest.mark.parametrize(
    ("interval", "begins"), [("weekly", "2026-11-29"), ("monthly", "2026-11-01"), ("yearly", "2026-01-01")]
)
def test_weeks_begin_on_sunday(interval: str, begins: str) -> None:
    monday = int(dt.datetime(2026, 11, 30, 17, tzinfo=dt.UTC).timestamp())
    assert dt.datetime.fromtimestamp(window_start(interval, monday), dt.UTC).date().isoformat() == begins
