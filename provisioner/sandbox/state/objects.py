"""Kinds of objects, and transactions that read and write the objects of one account."""

import contextlib
import json
import random
import secrets
import sqlite3
import string
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from provisioner.sandbox.state.errors import no_such

Json = dict[str, Any]

_DAY = 86_400
_decode = msgspec.json.decode
_encode = msgspec.json.encode
_ALPHABET = string.ascii_letters + string.digits
_CHARACTERS = bytes(ord(_ALPHABET[byte % len(_ALPHABET)]) for byte in range(256))
_bytes: list[Callable[[int], bytes]] = [secrets.token_bytes]  # the last pair of calls draws ids


def as_stored(_tx: "Tx", stored: Json) -> Json:
    """Return an object in its stored form."""
    return stored


def without_private(_tx: "Tx", stored: Json) -> Json:
    """Return an object without its private fields, whose names begin with `_`."""
    return {name: value for name, value in stored.items() if name[0] != "_"}


def one_by_one(_tx: "Tx", _bodies: list[str]) -> list[str] | None:
    """Return None, because there is no fast way to show several objects."""
    return None


def as_they_are(_tx: "Tx", bodies: list[str]) -> list[str] | None:
    """Return several objects in their stored form."""
    return bodies


@dataclass(frozen=True)
class Resource:
    """One kind of object."""

    object: str
    """Stripe's name for the kind (`issuing.card`)."""
    prefix: str
    """The start of its ids."""
    noun: str
    """Its name in error messages."""
    filters: tuple[str, ...] = ()
    """The stored fields that lists can be filtered by, and that `Tx.find` uses."""
    show: Callable[["Tx", Json], Json] = as_stored
    """Converts the stored form to that of responses, which have a card's whole cardholder, not its id."""
    expandable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Fields with ids, and the kinds of the objects; no kinds for objects that the sandbox does not have."""
    embedded: Mapping[str, str] = field(default_factory=dict)
    """Fields with whole objects whose own fields can be expanded, and their kinds."""
    texts: Callable[["Tx", list[str]], list[str] | None] = one_by_one
    """Converts the public JSON of several stored objects to that of responses; returns None if it cannot."""
    secret: Mapping[str, Callable[["Tx", Json], Json]] = field(default_factory=dict)
    """
    Fields (`cvc`, `address.number`) that are shown only for `expand[]`, and functions that return what is
    then shown instead of the top-level field.
    """
    guarded: frozenset[str] = frozenset()
    """Secret fields that can be expanded only by GET requests for one object."""
    spending: Callable[[Json], tuple[int, str]] | None = None
    """Returns the amount of an object that counts towards spending limits, and the merchant category."""
    shared: bool = False
    """True if all accounts have the same objects; they are stored in the account ""."""

    def shown(self, tx: "Tx", object_id: str) -> Json:
        """Return an object in the form of responses; raises ApiError (404) if it does not exist."""
        return self.show(tx, tx.fetch(self, object_id))


@dataclass(frozen=True)
class Origin:
    """The origin of changes: a request, or an action by Stripe."""

    id: str | None = None
    """The id of the request; None for an action by Stripe itself."""
    idempotency_key: str | None = None
    """Its idempotency key; None if it has none."""
    base: str = "https://files.stripe.com"
    """The URL that files are downloaded from."""


class Tx:
    """
    A transaction in one account at one time (`now`, Unix seconds of the sandbox's clock).

    Objects are read and written in their stored form. All writes of a request are committed together, or
    none. `cache` holds values that cannot change within the transaction.
    """

    is_silent = False
    """True if events are not recorded, because nobody can read them."""

    def __init__(self, db: sqlite3.Connection, account: str, now: int, origin: Origin) -> None:
        self.db = db
        self.account = account
        self.now = now
        self.origin = origin
        self.cache: dict[str, Any] = {}

    def at_home(self) -> "Tx":
        """Return the same transaction in the account "", which has the sandbox's own data."""
        return Tx(self.db, "", self.now, self.origin)

    def where(self, resource: Resource) -> tuple[str, str]:
        """Return the account and the kind under which a resource's objects are stored."""
        return "" if resource.shared else self.account, resource.object

    def get(self, resource: Resource, object_id: str) -> Json | None:
        """Return an object in its stored form, or None."""
        row = self._row(resource, object_id)
        return whole(*row[1:]) if row else None

    def fetch(self, resource: Resource, object_id: str, param: str = "id") -> Json:
        """
        Return an object in its stored form.

        Raises ApiError `resource_missing`: 404 if `param` is `id`, as in a path, else 400 with the parameter.
        """
        found = self.get(resource, object_id)
        if found is None:
            raise no_such(resource.noun, object_id, param)
        return found

    def add(self, resource: Resource, stored: Json) -> None:
        """Store a new object under its `id`."""
        seq = self.db.execute(
            "INSERT INTO objects (account, kind, id, created, body, private) VALUES (?, ?, ?, ?, ?, ?)",
            (*self.where(resource), stored["id"], self.now, *_parts(stored)),
        ).lastrowid
        self._file(resource, {}, stored, seq or 0)

    def put(self, resource: Resource, stored: Json) -> None:
        """Replace the object with the same `id`; raises LookupError if there is none."""
        row = self._row(resource, stored["id"])
        if row is None:
            raise LookupError(stored["id"])
        seq, before = row[0], whole(*row[1:])
        self.db.execute("UPDATE objects SET body=?, private=? WHERE seq=?", (*_parts(stored), seq))
        self._file(resource, before, stored, seq)

    def remove(self, resource: Resource, object_id: str) -> None:
        """Delete an object, if it exists."""
        row = self._row(resource, object_id)
        if row is not None:
            self.db.execute("DELETE FROM objects WHERE seq=?", (row[0],))
            self._file(resource, whole(*row[1:]), {}, row[0])

    def bodies(self, resource: Resource, ids: Collection[str]) -> dict[str, str]:
        """Return the JSON of existing objects without their private fields, by id."""
        marks = ", ".join("?" * len(ids))
        rows = self.db.execute(
            f"SELECT id, body FROM objects WHERE account=? AND kind=? AND id IN ({marks})",  # noqa: S608
            (*self.where(resource), *ids),
        )
        return dict(rows.fetchall())

    def find(self, resource: Resource, field: str, value: Any) -> Iterator[Json]:
        """Return the stored objects with this value in one of the resource's `filters`, newest first."""
        rows = self.db.execute(
            "SELECT o.body, o.private FROM lookup l JOIN objects o ON o.seq = l.seq "
            "WHERE l.account=? AND l.kind=? AND l.field=? AND l.value=? ORDER BY l.seq DESC",
            (*self.where(resource), field, as_text(value)),
        ).fetchall()
        return (whole(*row) for row in rows)

    def spent(self, field: str, value: str, since: int) -> Iterator[tuple[int, str, int]]:
        """
        Return what a card or cardholder (`field`) with this id spent on the days from `since` on.

        Each entry has an amount in minor units, a merchant category, and the beginning of a day (Unix
        seconds, UTC): an authorization counts on the day of its creation.
        """
        rows = self.db.execute(
            "SELECT amount, category, day * 86400 FROM spending "
            "WHERE account=? AND field=? AND value=? AND day >= ?",
            (self.account, field, value, since // _DAY),
        )
        return iter(rows.fetchall())

    def all(self, resource: Resource) -> Iterator[Json]:
        """Return all stored objects of a kind, newest first."""
        rows = self.db.execute(
            "SELECT body, private FROM objects WHERE account=? AND kind=? ORDER BY seq DESC",
            self.where(resource),
        ).fetchall()
        return (whole(*row) for row in rows)

    def recall(self, name: str, default: Any = None) -> Any:
        """Return the JSON value that is stored for this account under a name."""
        row = self.db.execute(
            "SELECT value FROM remembered WHERE account=? AND name=?", (self.account, name)
        ).fetchone()
        return json.loads(row[0]) if row else default

    def remember(self, name: str, value: Any) -> None:
        """Store a JSON value for this account under a name, replacing an earlier one."""
        self.db.execute(
            "INSERT OR REPLACE INTO remembered VALUES (?, ?, ?)", (self.account, name, dump(value))
        )

    def schedule(self, at: float, action: str, object_id: str) -> None:
        """Schedule an action by name (see `registry`) on an object for the time `at`."""
        self.db.execute(
            "INSERT INTO due (at, account, action, id) VALUES (?, ?, ?, ?)",
            (at, self.account, action, object_id),
        )

    def _row(self, resource: Resource, object_id: str) -> tuple[int, str, str | None] | None:
        row: tuple[int, str, str | None] | None = self.db.execute(
            "SELECT seq, body, private FROM objects WHERE account=? AND kind=? AND id=?",
            (*self.where(resource), object_id),
        ).fetchone()
        return row

    def _file(self, resource: Resource, before: Json, after: Json, seq: int) -> None:
        for name in resource.filters:
            old, new = before.get(name), after.get(name)
            where = (*self.where(resource), name)
            if old != new and old is not None:
                self.db.execute(
                    "DELETE FROM lookup WHERE account=? AND kind=? AND field=? AND value=? AND seq=?",
                    (*where, as_text(old), seq),
                )
            if old != new and new is not None:
                self.db.execute("INSERT INTO lookup VALUES (?, ?, ?, ?, ?)", (*where, as_text(new), seq))
        if resource.spending is not None and after:
            amount, category = resource.spending(after)
            if change := amount - (resource.spending(before)[0] if before else 0):
                self.db.executemany(
                    "INSERT INTO spending VALUES (?, ?, ?, ?, ?, ?) "
                    "ON CONFLICT DO UPDATE SET amount = amount + excluded.amount",
                    [
                        (self.account, field, after[field], after["created"] // _DAY, category, change)
                        for field in ("card", "cardholder")
                    ],
                )


def whole(body: str, private: str | None) -> Json:
    """Return the stored form of an object from its two JSON columns."""
    stored: Json = _decode(body)
    return stored | _decode(private) if private else stored


def _parts(stored: Json) -> tuple[str, str | None]:
    """Split an object into JSON of its public and of its private fields, whose names begin with `_`."""
    private = {name: value for name, value in stored.items() if name[0] == "_"}
    body = {name: value for name, value in stored.items() if name not in private} if private else stored
    return _encoded(body), _encoded(private) if private else None


def _encoded(value: Json) -> str:
    """
    Return the same text as `dump`, in a fraction of the time; it raises an error for unpaired
    surrogates.
    """
    try:
        return _encode(value).decode()
    except UnicodeEncodeError:
        return dump(value)


def new_id(prefix: str, length: int = 24) -> str:
    """Return a new id in Stripe's form: a prefix, letters, and digits."""
    return prefix + _bytes[-1](length).translate(_CHARACTERS).decode()


def new_digits(length: int) -> str:
    """Return random digits."""
    return str(int.from_bytes(_bytes[-1](length), "big") % 10**length).zfill(length)


@contextlib.contextmanager
def ids_by(seed: int) -> Iterator[None]:
    """Draw ids and digits from a seed while the block runs, so that runs can be repeated exactly."""
    _bytes.append(random.Random(seed).randbytes)  # noqa: S311 - to be repeatable
    try:
        yield
    finally:
        _bytes.pop()


def dump(value: Any) -> str:
    """Return JSON in the form in which it is stored and sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_text(value: Any) -> str:
    """Return a filter value in the form of the lookup table."""
    return value if isinstance(value, str) else dump(value)
