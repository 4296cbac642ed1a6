"""The sandbox's clock: real time that can be moved forward and stopped, but never goes back."""

import sqlite3
import time

_READING = "SELECT name, value FROM remembered WHERE account='' AND name IN ('clock.ahead', 'clock.stopped')"
_AHEAD = "SELECT coalesce(max(value), 0) FROM remembered WHERE account='' AND name='clock.ahead'"
_LATEST = "SELECT created FROM objects ORDER BY seq DESC LIMIT 1"


def now(db: sqlite3.Connection) -> float:
    """
    Return the current time in Unix seconds.

    It is never earlier than the time of the newest object, so that objects are ordered by time even if the
    machine's clock is set back.
    """
    latest = db.execute(_LATEST).fetchone()
    said = dict(db.execute(_READING).fetchall())
    moment = float(said.get("clock.stopped") or time.time()) + float(said.get("clock.ahead") or 0)
    return max(moment, latest[0] if latest else 0.0)


def stop(db: sqlite3.Connection, at: float) -> None:
    """Stop the clock, so that only `advance` moves it and runs can be repeated exactly."""
    db.execute("INSERT OR REPLACE INTO remembered VALUES ('', 'clock.stopped', ?)", (str(at),))


def advance(db: sqlite3.Connection, seconds: float) -> None:
    """Move the clock forward."""
    ahead = float(db.execute(_AHEAD).fetchone()[0]) + seconds
    db.execute("INSERT OR REPLACE INTO remembered VALUES ('', 'clock.ahead', ?)", (str(ahead),))
