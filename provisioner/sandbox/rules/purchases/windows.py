"""
The stretches of time over which spending limits count, in UTC.

SDK, `spending_limits.interval`; when each begins: docs.stripe.com/api/issuing/cards/object.
"""

import datetime as dt


def start(interval: str, now: int) -> int:
    """
    The moment (unix seconds) from which spending counts towards a limit of this interval at `now`.

    Days begin at midnight UTC, weeks on Sunday, months on the 1st, years on January 1st; `all_time`
    counts from the beginning. `per_authorization` looks at one purchase alone: it starts now.
    """
    midnight = dt.datetime.fromtimestamp(now, dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match interval:
        case "per_authorization":
            return now
        case "daily":
            begun = midnight
        case "weekly":
            begun = midnight - dt.timedelta(days=midnight.isoweekday() % 7)
        case "monthly":
            begun = midnight.replace(day=1)
        case "yearly":
            begun = midnight.replace(month=1, day=1)
        case _:
            return 0
    return int(begun.timestamp())


def after_month(year: int, month: int) -> int:
    """The first moment (unix seconds, UTC) after a month: when a card with this expiry has expired."""
    later = dt.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=dt.UTC)
    return int(later.timestamp())
