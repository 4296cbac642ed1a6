"""The sandbox's clock: real time, moved forward on demand, never backward."""

import sqlite3
import time

_AHEAD = "SELECT coalesce(max(value), 0) FROM remembered WHERE account='' AND name='clock.ahead'"
_LATEST = "SELECT created FROM objects ORDER BY seq DESC LIMIT 1"


def now(db: sqlite3.Connection) -> float:
    """
    The moment, in unix seconds.

    Never earlier than the last object that was kept, so that order of time is order of creation
    even when the machine's clock is set back.
    """
    latest = db.execute(_LATEST).fetchone()
    return max(time.time() + float(db.execute(_AHEAD).fetchone()[0]), latest[0] if latest else 0.0)


def advance(db: sqlite3.Connection, seconds: float) -> None:
    """Move the clock forward."""
    ahead = float(db.execute(_AHEAD).fetchone()[0]) + seconds
    db.execute("INSERT OR REPLACE INTO remembered VALUES ('', 'clock.ahead', ?)", (str(ahead),))
