"""Runs scheduled actions when they are due: top-ups settle, authorizations expire."""

import sqlite3

from provisioner.sandbox.registry import run_action
from provisioner.sandbox.state.objects import Origin, Tx


def waiting(db: sqlite3.Connection, now: float) -> bool:
    """Return True if an action is due."""
    return db.execute("SELECT 1 FROM due WHERE at <= ? LIMIT 1", (now,)).fetchone() is not None


def run(db: sqlite3.Connection, now: float) -> None:
    """Run all due actions in order of time, each at its scheduled time."""
    while row := db.execute(
        "SELECT seq, at, account, action, id FROM due WHERE at <= ? ORDER BY at, seq LIMIT 1", (now,)
    ).fetchone():
        seq, at, account, action, object_id = row
        db.execute("DELETE FROM due WHERE seq=?", (seq,))
        run_action(action, Tx(db, account, int(at), Origin()), object_id)
