"""Handlers that return one object or a page of objects, newest first, with filters and cursors.

docs.stripe.com/api/pagination
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from provisioner.sandbox.registry import HandlerCall
from provisioner.sandbox.state.errors import exclusive, invalid, no_such
from provisioner.sandbox.state.objects import Resource, Tx, as_text, dump, whole

Json = dict[str, Any]

_PAGE = 10
_LARGEST_PAGE = 100
_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def retrieve(resource: Resource) -> Callable[[HandlerCall], Json]:
    """Return a handler that returns the object with the id in the path."""
    return lambda call: resource.shown(call.tx, call.id)


def listed(resource: Resource, url: str) -> Callable[[HandlerCall], Json]:
    """Return a handler that returns a page of a resource's objects."""
    return lambda call: page(call.tx, resource, call.params, url)


def page(
    tx: Tx,
    resource: Resource,
    params: Mapping[str, Any],
    url: str,
    extra: Iterable[tuple[str, Sequence[Any]]] = (),
) -> Json:
    """
    Return one page of a resource, as Stripe's list object.

    `params` are checked list parameters: `limit`, the cursors, `created`, `expand` (which needs the parsed
    objects), and the resource's filters. `extra` has further conditions: SQL on `o.`, and its values. Raises
    ApiError for an invalid limit or cursor.
    """
    limit = params.get("limit", _PAGE)
    if not 1 <= limit <= _LARGEST_PAGE:
        raise invalid(
            f"Invalid integer: {limit} must be from 1 to {_LARGEST_PAGE}",
            "limit",
            "parameter_invalid_integer",
        )
    if "starting_after" in params and "ending_before" in params:
        raise exclusive("starting_after", "ending_before")
    query = Query(tx, resource, params)
    for clause, values in extra:
        query.where(clause, *values)
    backwards = "ending_before" in params
    order = "ASC" if backwards else "DESC"
    rows = tx.db.execute(
        f"SELECT o.body, o.private FROM {query.source} WHERE {' AND '.join(query.clauses)} "  # noqa: S608  no input in it
        f"ORDER BY {query.seq} {order} LIMIT ?",
        (*query.values, limit + 1),
    ).fetchall()
    found = rows[:limit][::-1] if backwards else rows[:limit]
    envelope: Json = {"object": "list", "data": [], "has_more": len(rows) > limit, "url": url}
    texts = resource.texts(tx, [body for body, _ in found]) if "expand" not in params else None
    if texts is not None:
        return ListPage(dump(envelope).replace("[]", f"[{','.join(texts)}]", 1))
    envelope["data"] = [resource.show(tx, whole(*row)) for row in found]
    return envelope


class ListPage(dict[str, Any]):
    """A list as JSON; parsing 100 objects only to serialize them again would take most of the time."""

    def __init__(self, text: str) -> None:
        super().__init__(object="list")
        self.text = text


class Query:
    """
    The SQL of a list: its table (`source`), its conditions (`clauses`, `values`), and its order (`seq`).

    `seq` has the order of `created`, as the clock never goes back. Without filters, the index of the kind has
    this order; with filters, the lookup entries of the most selective one.
    """

    def __init__(self, tx: Tx, resource: Resource, params: Mapping[str, Any]) -> None:
        self._tx = tx
        self._params = params
        self._whose = tx.where(resource)
        self.clauses: list[str] = []
        self.values: list[Any] = []
        filters = sorted((f for f in resource.filters if f in params), key=self._count)
        self.source = "lookup l CROSS JOIN objects o ON o.seq = l.seq" if filters else "objects o"
        self.seq = "l.seq" if filters else "o.seq"
        if filters:
            self.where("l.account=? AND l.kind=? AND l.field=? AND l.value=?", *self._looked_up(filters[0]))
        else:
            self.where("o.account=? AND o.kind=?", *self._whose)
        for field in filters[1:]:
            too = "x.account=? AND x.kind=? AND x.field=? AND x.value=? AND x.seq=l.seq"
            self.where(f"EXISTS (SELECT 1 FROM lookup x WHERE {too})", *self._looked_up(field))  # noqa: S608
        for sign, value in comparisons(params.get("created")):
            self._created(sign, value)
        for name in ("amount", "arrival_date"):
            for sign, value in comparisons(params.get(name)):
                self.where(f"json_extract(o.body, '$.{name}') {sign} ?", value)
        for param, sign in (("starting_after", "<"), ("ending_before", ">")):
            if param in params:
                row = tx.db.execute(
                    "SELECT seq FROM objects WHERE account=? AND kind=? AND id=?",
                    (*self._whose, params[param]),
                ).fetchone()
                if row is None:
                    raise no_such(resource.noun, params[param], param)
                self.where(f"{self.seq} {sign} ?", row[0])

    def where(self, clause: str, *values: Any) -> None:
        """Add a condition."""
        self.clauses.append(clause)
        self.values += values

    def _looked_up(self, field: str) -> tuple[str, str, str, str]:
        return (*self._whose, field, as_text(self._params[field]))

    def _count(self, field: str) -> int:
        """Count the objects that match a filter, up to 1,000."""
        some = "SELECT 1 FROM lookup WHERE account=? AND kind=? AND field=? AND value=? LIMIT 1000"
        found = self._tx.db.execute(f"SELECT count(*) FROM ({some})", self._looked_up(field))  # noqa: S608
        return int(found.fetchone()[0])

    def _created(self, sign: str, value: int) -> None:
        for one in (">=", "<=") if sign == "=" else (sign,):
            way, bound, none = ("ASC", ">=", 1 << 62) if one.startswith(">") else ("DESC", "<=", -1)
            edge = (
                f"SELECT seq FROM objects WHERE account=? AND kind=? AND created {one} ? "  # noqa: S608
                f"ORDER BY created {way}, seq {way} LIMIT 1"
            )
            self.where(f"{self.seq} {bound} coalesce(({edge}), {none})", *self._whose, value)


def comparisons(wanted: Any) -> Iterable[tuple[str, int]]:
    """Return the comparisons of a range parameter: a number, or a hash of gt, gte, lt, lte."""
    if isinstance(wanted, int):
        yield "=", wanted
    elif isinstance(wanted, dict):
        for name, value in wanted.items():
            yield _COMPARISONS[name], value
