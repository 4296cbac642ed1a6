"""
The database of a sandbox: objects, stored values, and scheduled actions, in SQLite.

Acknowledged writes survive the end of the process, as the write-ahead log passes them to the operating system
before COMMIT returns. They may not survive a power cut (`synchronous=NORMAL`).
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

_FORMAT = 5  # to be incremented when the tables or the stored forms of objects change
_SETTINGS = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=NORMAL;
PRAGMA cache_size=-65536;
"""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY, account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    created INTEGER NOT NULL, body TEXT NOT NULL, private TEXT, UNIQUE (account, kind, id));
CREATE INDEX IF NOT EXISTS objects_in_order ON objects (account, kind, seq);
CREATE INDEX IF NOT EXISTS objects_in_time ON objects (account, kind, created, seq);
CREATE TABLE IF NOT EXISTS lookup (
    account TEXT, kind TEXT, field TEXT, value TEXT, seq INTEGER,
    PRIMARY KEY (account, kind, field, value, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spending (
    account TEXT, field TEXT, value TEXT, day INTEGER, category TEXT, amount INTEGER NOT NULL,
    PRIMARY KEY (account, field, value, day, category)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS remembered (
    account TEXT, name TEXT, value TEXT NOT NULL, PRIMARY KEY (account, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS due (
    seq INTEGER PRIMARY KEY, at REAL NOT NULL, account TEXT NOT NULL, action TEXT NOT NULL, id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS due_in_time ON due (at, seq);
CREATE TABLE IF NOT EXISTS answers (
    account TEXT, key TEXT, at INTEGER NOT NULL, request TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL, request_id TEXT NOT NULL, PRIMARY KEY (account, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY, at REAL, account TEXT NOT NULL, event TEXT NOT NULL, owner TEXT NOT NULL,
    endpoint TEXT NOT NULL, attempt INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS deliveries_in_time ON deliveries (at);
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event);
CREATE INDEX IF NOT EXISTS answers_in_time ON answers (at);
"""
_BEFORE = 4  # the format before the table `spending` was added (see `Tx.spent`)
_CATCH_UP = "".join(
    f"""
INSERT INTO spending SELECT account, '{field}', json_extract(body, '$.{field}'), created / 86400,
    json_extract(body, '$.merchant_data.category'),
    sum(json_extract(private, '$._captured') + json_extract(private, '$._held'))
    FROM objects WHERE kind = 'issuing.authorization' GROUP BY 1, 2, 3, 4, 5;
"""  # noqa: S608 - the fields stand two lines below
    for field in ("card", "cardholder")
)


class Store:
    """
    One sandbox's database, for one thread at a time; several processes may share the file.

    Opening it raises OSError if the file cannot be used.
    """

    def __init__(self, state: Path | None) -> None:
        try:
            if state is not None:
                state.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                str(state) if state else ":memory:", isolation_level=None, check_same_thread=False, timeout=10
            )
            try:
                self._prepare(state)
            except BaseException:
                self._db.close()
                raise
        except sqlite3.Error as problem:
            broken = problem.sqlite_errorcode in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
            hint = f"; `provisioner sandbox reset --state {state}` deletes the file" if broken else ""
            raise OSError(f"{state}: cannot keep the sandbox's state there: {problem}{hint}") from problem

    def _prepare(self, state: Path | None) -> None:
        made_as = self._db.execute("PRAGMA user_version").fetchone()[0]
        if made_as not in {0, _BEFORE, _FORMAT}:
            raise OSError(
                f"{state}: created by another version of the sandbox; delete the file to start over"
            )
        more = _CATCH_UP if made_as == _BEFORE else ""
        self._db.executescript(f"{_SETTINGS}{_SCHEMA}BEGIN;{more}PRAGMA user_version={_FORMAT};COMMIT;")

    def close(self) -> None:
        """Close the database; the file remains."""
        self._db.close()

    def clear(self) -> None:
        """Delete everything."""
        with self.transaction(write=True):
            for table in ("objects", "lookup", "spending", "remembered", "due", "answers", "deliveries"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608  the names stand one line above

    @contextlib.contextmanager
    def transaction(self, *, write: bool) -> Iterator[sqlite3.Connection]:
        """Open a transaction, which is committed if the block ends without an exception."""
        self._db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        try:
            yield self._db
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
