"""The sandbox's clock: real time, moved forward on demand, never backward; it can be stopped."""

import sqlite3
import time

_READING = "SELECT name, value FROM remembered WHERE account='' AND name IN ('clock.ahead', 'clock.stopped')"
_AHEAD = "SELECT coalesce(max(value), 0) FROM remembered WHERE account='' AND name='clock.ahead'"
_LATEST = "SELECT created FROM objects ORDER BY seq DESC LIMIT 1"


def now(db: sqlite3.Connection) -> float:
    """
    The moment, in unix seconds.

    Never earlier than the last object that was kept, so that order of time is order of creation
    even when the machine's clock is set back.
    """
    latest = db.execute(_LATEST).fetchone()
    said = dict(db.execute(_READING).fetchall())
    moment = float(said.get("clock.stopped") or time.time()) + float(said.get("clock.ahead") or 0)
    return max(moment, latest[0] if latest else 0.0)


def stop(db: sqlite3.Connection, at: float) -> None:
    """Stop the clock, which then goes on only by `advance`: what is played twice is the same twice."""
    db.execute("INSERT OR REPLACE INTO remembered VALUES ('', 'clock.stopped', ?)", (str(at),))


def advance(db: sqlite3.Connection, seconds: float) -> None:
    """Move the clock forward."""
    ahead = float(db.execute(_AHEAD).fetchone()[0]) + seconds
    db.execute("INSERT OR REPLACE INTO remembered VALUES ('', 'clock.ahead', ?)", (str(ahead),))
