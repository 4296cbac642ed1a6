"""
The current window of a spending limit: its start and end, in UTC.

These are the windows that `core.purchases.windows` counts in.
"""

import datetime as dt
from typing import NamedTuple

ENDLESS = 253_402_300_799
"""The end of a window that never ends: the last second of the year 9999."""


class Period(NamedTuple):
    """A period in which spending counts towards a limit; times are Unix seconds."""

    begin: int
    """The first second."""
    end: int
    """The first second after the period."""

    def has(self, at: int) -> bool:
        """Return whether a time is within the period."""
        return self.begin <= at < self.end


def period_at(interval: str, now: int) -> Period:
    """Return the window of an interval at a time; that of `per_authorization` is empty."""
    day = dt.datetime.fromtimestamp(now, dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match interval:
        case "per_authorization":
            return Period(now, now)
        case "daily":
            return _period(day, day + dt.timedelta(days=1))
        case "weekly":
            sunday = day - dt.timedelta(days=day.isoweekday() % 7)
            return _period(sunday, sunday + dt.timedelta(days=7))
        case "monthly":
            first = day.replace(day=1)
            return _period(first, (first + dt.timedelta(days=32)).replace(day=1))
        case "yearly":
            first = day.replace(month=1, day=1)
            return _period(first, first.replace(year=first.year + 1))
        case _:
            return Period(0, ENDLESS)


def _period(begin: dt.datetime, end: dt.datetime) -> Period:
    return Period(int(begin.timestamp()), int(end.timestamp()))
