"""When the windows of spending limits begin."""

import datetime as dt

import pytest

from provisioner.sandbox.rules.purchases import decide


def at(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp())


@pytest.mark.parametrize(
    ("interval", "now", "begun"),
    [
        ("daily", "2026-11-22T00:00:00", "2026-11-22T00:00:00"),
        ("daily", "2026-11-22T23:59:59", "2026-11-22T00:00:00"),
        ("weekly", "2026-11-22T00:00:00", "2026-11-22T00:00:00"),  # a Sunday
        ("weekly", "2026-11-21T23:59:59", "2026-11-15T00:00:00"),
        ("weekly", "2027-01-01T12:00:00", "2026-12-27T00:00:00"),
        ("monthly", "2028-02-29T12:00:00", "2028-02-01T00:00:00"),
        ("yearly", "2028-12-31T23:59:59", "2028-01-01T00:00:00"),
        ("all_time", "2028-12-31T23:59:59", "1970-01-01T00:00:00"),
        ("per_authorization", "2028-12-31T23:59:59", "2028-12-31T23:59:59"),
    ],
)
def test_a_window_begins_at_midnight_utc(interval, now, begun):
    assert decide.window_start(interval, at(now)) == at(begun)


@pytest.mark.parametrize(
    ("year", "month", "after"), [(2028, 2, "2028-03-01T00:00:00"), (2028, 12, "2029-01-01T00:00:00")]
)
def test_a_card_is_good_until_its_month_is_over(year, month, after):
    assert decide.after_month(year, month) == at(after)
