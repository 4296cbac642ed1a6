"""What happens by itself when its time comes: top-ups settle, authorizations lapse."""

import sqlite3

from provisioner.sandbox.registry import do
from provisioner.sandbox.state.objects import Origin, Tx


def waiting(db: sqlite3.Connection, now: float) -> bool:
    """Whether anything has fallen due."""
    return db.execute("SELECT 1 FROM due WHERE at <= ? LIMIT 1", (now,)).fetchone() is not None


def run(db: sqlite3.Connection, now: float) -> None:
    """Do all that has fallen due, in order of time, each at its own moment."""
    while row := db.execute(
        "SELECT seq, at, account, action, id FROM due WHERE at <= ? ORDER BY at, seq LIMIT 1", (now,)
    ).fetchone():
        seq, at, account, action, object_id = row
        db.execute("DELETE FROM due WHERE seq=?", (seq,))
        do(action, Tx(db, account, int(at), Origin()), object_id)
