"""Moves all data of a sandbox into the past, so that past purchases can be written after it."""

import datetime as dt
import json
import sqlite3
from typing import Any

from provisioner.sandbox.state.objects import dump

# Members of stored objects that contain a time (Unix seconds) by the sandbox's clock.
_TIMES = frozenset(
    """
    arrival_date available_on created delivered_at effective_at eta expected_availability_date expires_at
    network_updated_at requested_at shipped_at started_at
    """.split()
)
_DATES = frozenset({"processing_date"})  # members that contain a date (YYYY-MM-DD)
_TRANSITIONS = "status_transitions"
_DAY = 86_400
_USERS = frozenset({"metadata"})  # members whose content is the user's


def make_older(db: sqlite3.Connection, than: int) -> None:
    """
    Move all data into the past, by whole days, until no object is newer than a time (Unix seconds).

    The order of objects, and of scheduled actions, does not change.
    """
    row = db.execute("SELECT created FROM objects ORDER BY seq DESC LIMIT 1").fetchone()
    late = row[0] - than if row else 0
    if late > 0:
        days = -(-late // _DAY)
        seconds = days * _DAY
        rows = db.execute("SELECT seq, created, body, private FROM objects").fetchall()
        db.executemany(
            "UPDATE objects SET created=?, body=?, private=? WHERE seq=?",
            (
                (created - seconds, _older(body, seconds), private and _older(private, seconds), seq)
                for seq, created, body, private in rows
            ),
        )
        db.execute("UPDATE due SET at = at - ?", (seconds,))
        # via negative numbers, so that no day collides with another one in between
        db.execute("UPDATE spending SET day = ? - day", (days,))
        db.execute("UPDATE spending SET day = -day")


def _older(text: str, seconds: int) -> str:
    return dump(_moved(json.loads(text), seconds))


def _moved(value: Any, seconds: int) -> Any:
    if isinstance(value, list):
        return [_moved(each, seconds) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _member(name, each, seconds) for name, each in value.items()}


def _member(name: str, value: Any, seconds: int) -> Any:
    if name == _TRANSITIONS:
        return {each: at and at - seconds for each, at in value.items()}
    if name in _TIMES and type(value) is int:
        return value - seconds
    if name in _DATES and type(value) is str:
        return (dt.date.fromisoformat(value) - dt.timedelta(seconds=seconds)).isoformat()
    return value if name in _USERS else _moved(value, seconds)
