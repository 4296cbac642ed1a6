"""
The history file: past authorizations and changes of controls, in SQLite, readable by its owner only.

It contains no card numbers, and merchants' names only on request. The periods that have been read completely
are written in the same transaction as their authorizations, so a run that is killed loses at most the last
second of its work.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, msgpack
from msgspec.structs import replace

from provisioner.core.model.errors import AccessError, ProvisionerError
from provisioner.core.purchases.past import Moment
from provisioner.core.purchases.recorded import (
    AuthorizationRecord,
    RecordedMove,
    RecordedRequest,
    moments,
)
from provisioner.engine.private_file import check_replaceable, private_database

FORMAT = 1
APPLICATION = 0x70726F76  # "prov", in the header of the file
TABLES = (
    "CREATE TABLE fact (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE covered (low INTEGER PRIMARY KEY, high INTEGER NOT NULL)",
    "CREATE TABLE word (number INTEGER PRIMARY KEY, text TEXT NOT NULL)",
    # `place` orders the authorizations of one second.
    (
        "CREATE TABLE authorization (created INTEGER, place INTEGER, id TEXT NOT NULL UNIQUE, "
        "open INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (created, place)) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE change (id TEXT PRIMARY KEY, object TEXT NOT NULL, at INTEGER NOT NULL, "
        "place INTEGER NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL) WITHOUT ROWID"
    ),
)
HEADER = b"SQLite format 3\0"
PAGE_SIZE, PAGES, VERSION, OWN = slice(16, 18), slice(28, 32), slice(60, 64), slice(68, 72)
WORDS = 8  # the first members of a record, which have few different values
EVERY = 1.0  # seconds between commits
PATIENCE = 5.0  # seconds to wait for another run that is using the file
CACHE = -16_000  # KiB of memory for SQLite's cache

UPSERT = (
    "INSERT INTO authorization (created, place, id, open, body) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (id) DO UPDATE SET created=excluded.created, place=excluded.place, open=excluded.open, "
    "body=excluded.body"
)

Period = tuple[int, int]
"""A start and an end (Unix seconds); the end is not included."""


class HistoryOwner(Struct, frozen=True):
    """The account that a history belongs to."""

    account: str
    """Stripe's id of the account or, if the key may not read that, a digest of the key."""
    mode: str
    """`test` or `live`."""


class RecordedChange(Struct, frozen=True):
    """An event that changed a card or cardholder, with the parts of the object that decide purchases."""

    id: str
    """Stripe's id of the event."""
    object: str
    """Stripe's id of the card or cardholder."""
    at: int
    """The time of the event (Unix seconds)."""
    before: Mapping[str, Any]
    """The object before the event, as Stripe returns it."""
    after: Mapping[str, Any]
    """The object after the event, as Stripe returns it."""


class _Packed(Struct, frozen=True, array_like=True, gc=False):
    """A record in the form in which it is stored, with numbers for words."""

    card: int
    holder: int
    category: int
    country: int
    presence: int
    currency: int
    merchant_currency: int
    merchant: int
    requests: tuple[RecordedRequest, ...]
    moves: tuple[RecordedMove, ...]
    is_open: bool
    size: int


_encode = msgpack.Encoder().encode
_decode = msgpack.Decoder(_Packed).decode


@contextmanager
def open_history(path: Path | None, owner: HistoryOwner) -> Iterator["HistoryFile"]:
    """
    Open a history file, or create it. Without a path, use a temporary file that nobody else can open.

    Raises AccessError if the history belongs to another account. Raises ProvisionerError if the file is not a
    history, is damaged, or is not safe to write to. In each case the file stays unchanged.
    """
    name = str(path) if path else "the temporary history"
    if path:
        _check(path)
        private_database(path)
    try:
        connection = sqlite3.connect(path or "", timeout=PATIENCE, isolation_level=None)
        try:
            history = HistoryFile(connection, name)
            history.prepare(owner)
            yield history
            history.commit()
        finally:
            with suppress(sqlite3.Error):
                connection.close()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise ProvisionerError(f"{name} is in use by another run; wait for it to end") from None
        raise ProvisionerError(f"{name} cannot be used: {error}") from None
    except (sqlite3.DatabaseError, msgspec.MsgspecError) as error:
        raise _damaged(name, error) from None


def _check(path: Path) -> None:
    """Raise ProvisionerError if a file is not a history, or is truncated."""
    try:
        check_replaceable(path)
        with path.open("rb") as file:
            head = file.read(100)
        found = path.stat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise ProvisionerError(f"{path} cannot be read: {error.strerror}") from None
    # A file with two hard links is rejected for that reason, whatever it contains.
    if not head or found.st_nlink > 1:
        return
    if not head.startswith(HEADER) or int.from_bytes(head[OWN]) != APPLICATION:
        raise ProvisionerError(
            f"{path} exists and is not a purchase history; it was not changed. Use another file, such as "
            "purchases.history"
        )
    if (format_ := int.from_bytes(head[VERSION])) != FORMAT:
        raise ProvisionerError(
            f"{path} has format {format_} of another version of provisioner, not {FORMAT}; use another file, "
            "or delete it to read the purchases again"
        )
    page = int.from_bytes(head[PAGE_SIZE])
    if found.st_size < int.from_bytes(head[PAGES]) * (65_536 if page == 1 else page):
        raise _damaged(path, "it is truncated")


def _damaged(path: Path | str, why: object) -> ProvisionerError:
    return ProvisionerError(f"{path} is damaged ({why}); delete it to read the purchases again")


class HistoryFile:
    """
    An open history file, which only the thread that opened it may use.

    path: the name of the file, for messages.
    """

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self.path = path
        self._db = connection
        self._texts: list[str] = []
        self._words: dict[str, int] = {}
        self._committed = time.monotonic()
        self._place = 0

    def prepare(self, owner: HistoryOwner) -> None:
        """Create the tables of a new file, or check who owns an old one; raises as `open_history` does."""
        run = self._db.execute
        for pragma in (
            "trusted_schema=OFF",
            "locking_mode=EXCLUSIVE",
            "synchronous=NORMAL",
            f"cache_size={CACHE}",
        ):
            run(f"PRAGMA {pragma}")
        run("BEGIN IMMEDIATE")
        found = [sql for (sql,) in run("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")]
        if not found:
            for table in TABLES:
                run(table)
            run(f"PRAGMA application_id={APPLICATION}")
            run(f"PRAGMA user_version={FORMAT}")
            self.remember("account", owner.account)
            self.remember("mode", owner.mode)
        elif tuple(found) != TABLES:
            raise _damaged(self.path, "it has other tables")
        for name, own in (("account", owner.account), ("mode", owner.mode)):
            if (its := self.fact(name, "")) != own:
                raise AccessError(
                    f"{self.path} has the purchases of {name} {its}, not {own}; use another file"
                )
        # What this run lists is placed after everything that earlier runs listed.
        runs = int(self.fact("runs", 0)) + 1
        self.remember("runs", runs)
        self._place = runs << 32
        self._texts = [text for (text,) in run("SELECT text FROM word ORDER BY number")]
        self._words = {text: number for number, text in enumerate(self._texts)}

    def commit(self) -> None:
        """Commit what has been added."""
        if self._db.in_transaction:
            self._db.execute("COMMIT")
        self._db.execute("BEGIN IMMEDIATE")
        self._committed = time.monotonic()

    def fact(self, name: str, default: Any) -> Any:
        """Return a stored value about the history itself, by name."""
        row = self._db.execute("SELECT value FROM fact WHERE name=?", (name,)).fetchone()
        return row[0] if row else default

    def remember(self, name: str, value: str | int) -> None:
        """Store a value about the history itself."""
        self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def gaps(self, low: int, high: int) -> Iterator[Period]:
        """Yield the periods between two times that have not been read yet, oldest first."""
        for begin, end in self._db.execute("SELECT low, high FROM covered ORDER BY low").fetchall():
            if begin > low:
                yield low, min(begin, high)
            low = max(low, end)
            if low >= high:
                return
        if low < high:
            yield low, high

    def cover(self, low: int, high: int) -> None:
        """Record that all authorizations created in a period have been added."""
        if low >= high:
            return
        least, most = self._db.execute(
            "SELECT min(low), max(high) FROM covered WHERE low <= ? AND high >= ?", (high, low)
        ).fetchone()
        self._db.execute("DELETE FROM covered WHERE low <= ? AND high >= ?", (high, low))
        low, high = min(low, low if least is None else least), max(high, most or high)
        self._db.execute("INSERT INTO covered VALUES (?, ?)", (low, high))

    def forget_since(self, low: int) -> None:
        """Record that everything created since a time must be read again."""
        self._db.execute("DELETE FROM covered WHERE low >= ?", (low,))
        self._db.execute("UPDATE covered SET high=? WHERE high > ?", (low, low))

    @property
    def is_empty(self) -> bool:
        """Return whether no period has been read yet."""
        return self._db.execute("SELECT 1 FROM covered LIMIT 1").fetchone() is None

    def newest(self) -> int:
        """Return the time of the newest authorization; 0 if there is none."""
        return int(self._db.execute("SELECT max(created) FROM authorization").fetchone()[0] or 0)

    def oldest_open(self) -> int | None:
        """Return the time of the oldest authorization that may still change; None if there is none."""
        row = self._db.execute("SELECT min(created) FROM authorization WHERE open=1").fetchone()
        return None if row[0] is None else int(row[0])

    def cards(self) -> set[str]:
        """
        Return the ids of all cards in the history; the prefix of Stripe's ids distinguishes them from other
        words.
        """
        return {text for text in self._words if text.startswith("ic_")}

    def add(self, found: Iterable[tuple[str, int, AuthorizationRecord]]) -> None:
        """
        Add a page of authorizations, newest first: the id, the time of creation, and the record of
        each.
        """
        rows = []
        for identity, created, each in found:
            self._place -= 1
            rows.append((created, self._place, identity, each.is_open, self._packed(each)))
        self._db.executemany(UPSERT, rows)
        if time.monotonic() - self._committed >= EVERY:
            self.commit()

    def update(self, identity: str, newer: AuthorizationRecord) -> None:
        """Replace the record of an authorization, unless it is missing or already as new."""
        row = self._db.execute("SELECT body FROM authorization WHERE id=?", (identity,)).fetchone()
        if row is None or not (known := self._unpacked(row[0])).is_older_than(newer):
            return
        self._db.execute(
            "UPDATE authorization SET open=?, body=? WHERE id=?",
            (newer.is_open, self._packed(replace(newer, merchant=known.merchant)), identity),
        )

    def add_changes(self, changes: Iterable[RecordedChange]) -> None:
        """Add changes of controls, newest first."""
        for each in changes:
            self._place -= 1
            before, after = (msgspec.json.encode(tree).decode() for tree in (each.before, each.after))
            row = (each.id, each.object, each.at, self._place, before, after)
            self._db.execute("INSERT OR IGNORE INTO change VALUES (?, ?, ?, ?, ?, ?)", row)

    def changes(self) -> Sequence[RecordedChange]:
        """Return the changes of controls, oldest first."""
        rows = self._db.execute("SELECT id, object, at, before, after FROM change ORDER BY at, place")
        decode = msgspec.json.decode
        return [RecordedChange(one, of, at, decode(was), decode(now)) for one, of, at, was, now in rows]

    def moments(self, since: int, *, with_merchants: bool) -> Iterator[Moment]:
        """Yield the requests and moves of the authorizations created since a time, as `Past.moments` does."""
        return moments(self._records(since, with_merchants))

    def _records(self, since: int, with_merchants: bool) -> Iterator[tuple[int, AuthorizationRecord]]:
        rows = self._db.execute(
            "SELECT created, body FROM authorization WHERE created >= ? ORDER BY created, place", (since,)
        )
        unpack = self._unpacked
        for created, body in rows:
            each = unpack(body)
            yield created, each if with_merchants or not each.merchant else replace(each, merchant="")

    def _packed(self, each: AuthorizationRecord) -> bytes:
        """Return a record as bytes, with numbers for words."""
        values = msgspec.structs.astuple(each)
        return _encode((*map(self._number, values[:WORDS]), *values[WORDS:]))

    def _number(self, text: str) -> int:
        number = self._words.get(text)
        if number is None:
            number = self._words[text] = len(self._texts)
            self._texts.append(text)
            self._db.execute("INSERT INTO word VALUES (?, ?)", (number, text))
        return number

    def _unpacked(self, body: bytes) -> AuthorizationRecord:
        packed, texts = _decode(body), self._texts
        try:
            return AuthorizationRecord(
                texts[packed.card],
                texts[packed.holder],
                texts[packed.category],
                texts[packed.country],
                texts[packed.presence],
                texts[packed.currency],
                texts[packed.merchant_currency],
                texts[packed.merchant],
                packed.requests,
                packed.moves,
                packed.is_open,
                packed.size,
            )
        except IndexError:
            raise msgspec.ValidationError("an entry is missing") from None
