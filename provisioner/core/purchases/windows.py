"""
The windows of spending limits: the days, weeks, months and years in which amounts are counted.

All windows begin at midnight UTC, and weeks begin on Sunday (docs.stripe.com/api/issuing/cards/object).
"""

import datetime as dt
from functools import lru_cache

DAY = 86_400
PLACES = {name: place for place, name in enumerate(("daily", "weekly", "monthly", "yearly", "all_time"))}
"""The index of each interval in `Windows`."""
_EPOCH = dt.date(1970, 1, 1).toordinal()


@lru_cache(maxsize=4096)
def windows_of_day(day: int) -> tuple[int, int, int, int, int]:
    """Return the windows of a day, given as days since 1970-01-01. Their numbers increase with time."""
    date = dt.date.fromordinal(_EPOCH + day)
    week = (day + 4) // 7  # 1970-01-01 was a Thursday
    return day, week, date.year * 12 + date.month, date.year, 0


def windows(at: int) -> tuple[int, int, int, int, int]:
    """Return the windows of a time (Unix seconds), in the order of `PLACES`."""
    return windows_of_day(at // DAY)


def window_start(interval: str, at: int) -> int:
    """Return the beginning (Unix seconds) of the window of an interval that contains a time."""
    day = at // DAY
    date = dt.date.fromordinal(_EPOCH + day)
    match interval:
        case "per_authorization" | "daily":
            begun = day
        case "weekly":
            begun = (day + 4) // 7 * 7 - 4
        case "monthly":
            begun = date.replace(day=1).toordinal() - _EPOCH
        case "yearly":
            begun = date.replace(month=1, day=1).toordinal() - _EPOCH
        case _:
            return 0
    return begun * DAY
