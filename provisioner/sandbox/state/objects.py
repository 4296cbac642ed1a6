"""
Objects: their kinds, and one account's inside an open transaction.

They are read, written, looked up, remembered and scheduled there.
"""

import contextlib
import json
import random
import secrets
import sqlite3
import string
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.sandbox.state.errors import no_such

Json = dict[str, Any]

_ALPHABET = string.ascii_letters + string.digits
_bytes: list[Callable[[int], bytes]] = [secrets.token_bytes]  # what ids are drawn from, the last one


def as_stored(_tx: "Tx", stored: Json) -> Json:
    """Show an object just as it is kept."""
    return stored


def without_private(_tx: "Tx", stored: Json) -> Json:
    """Show an object without its private fields, whose names begin with `_`."""
    return {name: value for name, value in stored.items() if not name.startswith("_")}


def one_by_one(_tx: "Tx", _bodies: list[str]) -> list[str] | None:
    """No way to show many at once."""
    return None


def as_they_are(_tx: "Tx", bodies: list[str]) -> list[str] | None:
    """Show many objects just as they are kept."""
    return bodies


@dataclass(frozen=True)
class Resource:
    """
    One kind of object.

    `object` is Stripe's name for it (`issuing.card`), `prefix` begins its ids, `noun` stands in errors.
    `filters` names the stored fields by which lists can be narrowed and `Tx.find` looks up; `show` turns
    the stored form into the answered one (a card is kept with its cardholder's id and shown with the whole
    cardholder). `expandable` maps a field that holds an id to Stripe's names of the kinds that may be behind
    it (none: those that are not kept here), `embedded` a field that holds a whole object, whose own fields
    may be expanded, to its kind's. `secret` fields are shown only when asked for with `expand[]` on one
    object, each by a function that returns what is to be added to it; those in `guarded` on a GET alone.
    `texts` may show many objects at once, from the JSON in which they are kept (without private fields,
    whose names begin with `_`), if that is quicker; None when it cannot.
    """

    object: str
    prefix: str
    noun: str
    filters: tuple[str, ...] = ()
    show: Callable[["Tx", Json], Json] = as_stored
    expandable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    embedded: Mapping[str, str] = field(default_factory=dict)
    texts: Callable[["Tx", list[str]], list[str] | None] = one_by_one
    secret: Mapping[str, Callable[["Tx", Json], Json]] = field(default_factory=dict)
    guarded: frozenset[str] = frozenset()

    def shown(self, tx: "Tx", object_id: str) -> Json:
        """The answered form of an object; raises StripeError (404) when there is none."""
        return self.show(tx, tx.fetch(self, object_id))


@dataclass(frozen=True)
class Origin:
    """The request that changes come from; both are None when Stripe acts by itself."""

    id: str | None = None
    idempotency_key: str | None = None


class Tx:
    """
    What handlers work with: one account, at one moment (`now`, unix seconds of the sandbox's clock).

    Objects are read and written in their stored form. All writes of a request are committed
    together, or none of them is. `cache` holds what cannot change within the transaction.
    """

    def __init__(self, db: sqlite3.Connection, account: str, now: int, origin: Origin) -> None:
        self.db = db
        self.account = account
        self.now = now
        self.origin = origin
        self.cache: dict[str, Any] = {}

    def at_home(self) -> "Tx":
        """The same transaction in the account "", where the sandbox keeps what is its own."""
        return Tx(self.db, "", self.now, self.origin)

    def get(self, resource: Resource, object_id: str) -> Json | None:
        """The stored form of an object, or None."""
        row = self._row(resource, object_id)
        return whole(*row[1:]) if row else None

    def fetch(self, resource: Resource, object_id: str, param: str = "id") -> Json:
        """
        The stored form of an object.

        Raises StripeError `resource_missing`: a 404 when `param` is `id`, as in an address, else
        a 400 naming the parameter that held the id.
        """
        found = self.get(resource, object_id)
        if found is None:
            raise no_such(resource.noun, object_id, param)
        return found

    def add(self, resource: Resource, stored: Json) -> None:
        """Keep a new object under its `id`."""
        seq = self.db.execute(
            "INSERT INTO objects (account, kind, id, created, body, private) VALUES (?, ?, ?, ?, ?, ?)",
            (self.account, resource.object, stored["id"], self.now, *_parts(stored)),
        ).lastrowid
        self._file(resource, {}, stored, seq or 0)

    def put(self, resource: Resource, stored: Json) -> None:
        """Replace what is kept under the object's `id`."""
        row = self._row(resource, stored["id"])
        if row is None:
            raise LookupError(stored["id"])
        seq, before = row[0], whole(*row[1:])
        self.db.execute("UPDATE objects SET body=?, private=? WHERE seq=?", (*_parts(stored), seq))
        self._file(resource, before, stored, seq)

    def remove(self, resource: Resource, object_id: str) -> None:
        """Forget an object; nothing happens when there is none."""
        row = self._row(resource, object_id)
        if row is not None:
            self.db.execute("DELETE FROM objects WHERE seq=?", (row[0],))
            self._file(resource, whole(*row[1:]), {}, row[0])

    def bodies(self, resource: Resource, ids: Collection[str]) -> dict[str, str]:
        """The JSON of objects without their private fields, by id; what does not exist is left out."""
        marks = ", ".join("?" * len(ids))
        rows = self.db.execute(
            f"SELECT id, body FROM objects WHERE account=? AND kind=? AND id IN ({marks})",  # noqa: S608
            (self.account, resource.object, *ids),
        )
        return dict(rows.fetchall())

    def find(self, resource: Resource, field: str, value: Any) -> Iterator[Json]:
        """Stored objects with this value in one of the resource's `filters`, newest first."""
        rows = self.db.execute(
            "SELECT o.body, o.private FROM lookup l JOIN objects o ON o.seq = l.seq "
            "WHERE l.account=? AND l.kind=? AND l.field=? AND l.value=? ORDER BY l.seq DESC",
            (self.account, resource.object, field, as_text(value)),
        ).fetchall()
        return (whole(*row) for row in rows)

    def all(self, resource: Resource) -> Iterator[Json]:
        """Every stored object of a kind, newest first."""
        rows = self.db.execute(
            "SELECT body, private FROM objects WHERE account=? AND kind=? ORDER BY seq DESC",
            (self.account, resource.object),
        ).fetchall()
        return (whole(*row) for row in rows)

    def recall(self, name: str, default: Any = None) -> Any:
        """The JSON value that was remembered for this account under a name."""
        row = self.db.execute(
            "SELECT value FROM remembered WHERE account=? AND name=?", (self.account, name)
        ).fetchone()
        return json.loads(row[0]) if row else default

    def remember(self, name: str, value: Any) -> None:
        """Remember a JSON value for this account under a name, in place of any earlier one."""
        self.db.execute(
            "INSERT OR REPLACE INTO remembered VALUES (?, ?, ?)", (self.account, name, dump(value))
        )

    def schedule(self, at: float, action: str, object_id: str) -> None:
        """Have the deed of this name (see `registry`) done to an object once the clock has reached `at`."""
        self.db.execute(
            "INSERT INTO due (at, account, action, id) VALUES (?, ?, ?, ?)",
            (at, self.account, action, object_id),
        )

    def _row(self, resource: Resource, object_id: str) -> tuple[int, str, str | None] | None:
        row: tuple[int, str, str | None] | None = self.db.execute(
            "SELECT seq, body, private FROM objects WHERE account=? AND kind=? AND id=?",
            (self.account, resource.object, object_id),
        ).fetchone()
        return row

    def _file(self, resource: Resource, before: Json, after: Json, seq: int) -> None:
        for name in resource.filters:
            old, new = before.get(name), after.get(name)
            where = (self.account, resource.object, name)
            if old != new and old is not None:
                self.db.execute(
                    "DELETE FROM lookup WHERE account=? AND kind=? AND field=? AND value=? AND seq=?",
                    (*where, as_text(old), seq),
                )
            if old != new and new is not None:
                self.db.execute("INSERT INTO lookup VALUES (?, ?, ?, ?, ?)", (*where, as_text(new), seq))


def whole(body: str, private: str | None) -> Json:
    """The stored form of an object, from the two texts in which it is kept."""
    stored: Json = json.loads(body)
    return stored | json.loads(private) if private else stored


def _parts(stored: Json) -> tuple[str, str | None]:
    """What of an object may be shown as it is, and what may not: fields whose names begin with `_`."""
    private = {name: value for name, value in stored.items() if name.startswith("_")}
    body = {name: value for name, value in stored.items() if name not in private} if private else stored
    return dump(body), dump(private) if private else None


def new_id(prefix: str, length: int = 24) -> str:
    """A fresh id of Stripe's form: a prefix and letters and digits."""
    return prefix + "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in _bytes[-1](length))


@contextlib.contextmanager
def ids_by(seed: int) -> Iterator[None]:
    """Draw ids by a seed for as long as the block lasts, so that what is played twice is the same twice."""
    _bytes.append(random.Random(seed).randbytes)  # noqa: S311 - to be repeatable
    try:
        yield
    finally:
        _bytes.pop()


def dump(value: Any) -> str:
    """JSON as it is kept and sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_text(value: Any) -> str:
    """A filter value in the form in which the lookup table holds it."""
    return value if isinstance(value, str) else dump(value)
