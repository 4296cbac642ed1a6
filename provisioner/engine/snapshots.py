"""
The file of snapshots: the figures of each reading of an estate, in SQLite, readable by its owner only.

It contains no names of people or merchants. A card is stored again only when it has changed. For days before
yesterday, only the last reading is kept.
"""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from msgspec import json

from provisioner.core.estate.figures import figures_of, used_of, version_of
from provisioner.core.estate.model import Estate
from provisioner.core.estate.rows import EstateFigures
from provisioner.core.model.errors import ProvisionerError
from provisioner.engine.private_file import DATABASE, FOLDER, check_replaceable, private_database

SNAPSHOTS = Path(FOLDER) / "estate.db"
FORMAT = 0x70726F73  # "pros", in the header of the file
DAY = 86_400
# days for which all readings are kept, and days for which one reading per day is kept
KEPT_WHOLE, KEPT = 2, 400
POINTS = 400  # the most points of a line
PATIENCE = 5.0  # seconds to wait for another run that is using the file
READING = (
    "CREATE TABLE reading (number INTEGER PRIMARY KEY, owner TEXT NOT NULL, at INTEGER NOT NULL, "
    "source TEXT NOT NULL, figures BLOB NOT NULL, used BLOB NOT NULL, drift BLOB NOT NULL)"
)
CARD = (
    "CREATE TABLE card (owner TEXT, id TEXT, since INTEGER, until INTEGER, body BLOB NOT NULL, "
    "PRIMARY KEY (owner, id, since)) WITHOUT ROWID"
)
TABLES = (READING, CARD, "CREATE INDEX reading_by_time ON reading (owner, at)")
_figures = json.Decoder(EstateFigures).decode


def record(path: Path, estate: Estate, source: str, pause: int = 0) -> tuple[EstateFigures, ...]:
    """
    Write a reading, and return the figures of all readings of the same account and project, oldest first.

    Nothing is written if the last reading was less than `pause` seconds ago. Raises ProvisionerError if the
    file cannot be used.
    """
    owner = f"{estate.account}/{estate.mode}/{estate.project}/{estate.environment}"
    with _opened(path) as db:
        (last,) = db.execute("SELECT max(at) FROM reading WHERE owner = ?", (owner,)).fetchone()
        if last is None or estate.now - last >= pause:
            _write(db, owner, estate, source)
            _compact(db, owner, estate.now)
        found = db.execute("SELECT figures FROM reading WHERE owner = ? ORDER BY at", (owner,)).fetchall()
    points = [_figures(body) for (body,) in found]
    step = max(1, len(points) // POINTS)
    return tuple(points[::-1][::step][::-1])  # including the newest reading


def forget(path: Path) -> bool:
    """Delete the file and SQLite's files next to it; returns whether there was a file."""
    files = [Path(f"{path}{suffix}") for suffix in DATABASE]
    was_there = path.exists()
    for file in files:
        check_replaceable(file)
    for file in files:
        file.unlink(missing_ok=True)
    return was_there


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    private_database(path)
    try:
        with closing(sqlite3.connect(path, timeout=PATIENCE)) as db, db:
            db.execute("BEGIN IMMEDIATE")
            (mark,) = db.execute("PRAGMA application_id").fetchone()
            if mark != FORMAT:
                if db.execute("SELECT 1 FROM sqlite_master").fetchone():
                    raise ProvisionerError(f"{path} is not a file of snapshots; it was not changed")
                for table in TABLES:
                    db.execute(table)
                db.execute(f"PRAGMA application_id = {FORMAT}")
            yield db
    except sqlite3.Error as error:
        raise ProvisionerError(f"{path} cannot be used: {error}") from None


def _write(db: sqlite3.Connection, owner: str, estate: Estate, source: str) -> None:
    used = {card.id: used_of(card) for card in estate.cards if any(use.used for use in card.limits)}
    drift = [(each.address, each.path, each.direction) for each in estate.drift.drift if not each.waits]
    blobs = (json.encode(figures_of(estate)), _packed(used), _packed(drift))
    db.execute(
        "INSERT INTO reading (owner, at, source, figures, used, drift) VALUES (?, ?, ?, ?, ?, ?)",
        (owner, estate.now, source, *blobs),
    )
    current = {card.id: json.encode(version_of(card)) for card in estate.cards}
    known = dict(
        db.execute("SELECT id, body FROM card WHERE owner = ? AND until IS NULL", (owner,)).fetchall()
    )
    ended = [identity for identity, body in known.items() if current.get(identity) != body]
    db.executemany(
        "UPDATE card SET until = ? WHERE owner = ? AND id = ? AND until IS NULL",
        [(estate.now, owner, identity) for identity in ended],
    )
    db.executemany(
        "INSERT OR REPLACE INTO card (owner, id, since, body) VALUES (?, ?, ?, ?)",
        [(owner, i, estate.now, body) for i, body in current.items() if known.get(i) != body],
    )


def _packed(value: object) -> bytes:
    return zlib.compress(json.encode(value))


def _compact(db: sqlite3.Connection, owner: str, now: int) -> None:
    """Keep only the last reading of each past day, and delete everything older than the limit."""
    db.execute(
        "DELETE FROM reading WHERE owner = ? AND at < ? AND number NOT IN "
        "(SELECT number FROM reading WHERE owner = ? GROUP BY at / ? HAVING at = max(at))",
        (owner, (now // DAY - KEPT_WHOLE + 1) * DAY, owner, DAY),
    )
    oldest = now - KEPT * DAY
    db.execute("DELETE FROM reading WHERE owner = ? AND at < ?", (owner, oldest))
    db.execute("DELETE FROM card WHERE owner = ? AND until < ?", (owner, oldest))
