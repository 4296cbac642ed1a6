"""
Windows of spending limits: the days, weeks, months and years that amounts are counted in.

All begin at midnight UTC, weeks on Sunday (docs.stripe.com/api/issuing/cards/object).
"""

import datetime as dt
from functools import lru_cache

DAY = 86_400
PLACES = {name: place for place, name in enumerate(("daily", "weekly", "monthly", "yearly", "all_time"))}
"""The place of each interval among the windows of a moment."""
_EPOCH = dt.date(1970, 1, 1).toordinal()


@lru_cache(maxsize=4096)
def windows_of_day(day: int) -> tuple[int, int, int, int, int]:
    """Return the windows of a day, counted from 1970-01-01: numbers that grow with time."""
    date = dt.date.fromordinal(_EPOCH + day)
    week = (day + 4) // 7  # 1970-01-01 was a Thursday
    return day, week, date.year * 12 + date.month, date.year, 0


def windows(at: int) -> tuple[int, int, int, int, int]:
    """Return the windows of a moment (Unix seconds), in the order of `PLACES`."""
    return windows_of_day(at // DAY)


def window_start(interval: str, at: int) -> int:
    """Return the beginning of the window of an interval that a moment is in (Unix seconds)."""
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
