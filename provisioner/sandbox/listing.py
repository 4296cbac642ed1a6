"""Lists: newest first, paged by object ids, narrowed by filters (docs.stripe.com/api/pagination)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from provisioner.sandbox.errors import exclusive, invalid, no_such
from provisioner.sandbox.expand import expanded
from provisioner.sandbox.resource import Resource
from provisioner.sandbox.tx import Tx, as_text, dump, whole

Json = dict[str, Any]

_PAGE = 10
_LARGEST_PAGE = 100
_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def page(
    tx: Tx,
    resource: Resource,
    params: Mapping[str, Any],
    url: str,
    extra: Iterable[tuple[str, Sequence[Any]]] = (),
) -> Json:
    """
    One page of a resource, as the list object that Stripe answers.

    `params` are checked list parameters: `limit`, the cursors, `created`, `expand`, and any of
    the resource's filters. `extra` adds conditions: (SQL on `o.`, its values). Raises StripeError for
    a limit or a cursor that is not one.
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
    query = _Query(tx, resource, params)
    for clause, values in extra:
        query.where(clause, *values)
    backwards = "ending_before" in params
    order = "ASC" if backwards else "DESC"
    rows = tx.db.execute(
        f"SELECT o.body, o.private FROM {query.source} WHERE {' AND '.join(query.clauses)} "  # noqa: S608  no input in it
        f"ORDER BY {query.order.format(order)} LIMIT ?",
        (*query.values, limit + 1),
    ).fetchall()
    found = rows[:limit][::-1] if backwards else rows[:limit]
    envelope: Json = {"object": "list", "data": [], "has_more": len(rows) > limit, "url": url}
    texts = resource.texts(tx, [body for body, _ in found]) if "expand" not in params else None
    if texts is not None:
        return Page(dump(envelope).replace("[]", f"[{','.join(texts)}]", 1))
    envelope["data"] = [resource.show(tx, whole(*row)) for row in found]
    return expanded(tx, resource, envelope, params.get("expand", []))


class Page(dict[str, Any]):
    """A list that is JSON already: reading 100 objects only to write them again would be most of the work."""

    def __init__(self, text: str) -> None:
        super().__init__(object="list")
        self.text = text


class _Query:
    """
    A list's conditions, arranged so that an index serves them and the order.

    Without filters that is the index on (created, seq); with some, the lookup entries of the
    first filter, whose `seq` runs like `created` because the clock never goes back.
    """

    def __init__(self, tx: Tx, resource: Resource, params: Mapping[str, Any]) -> None:
        self.clauses: list[str] = []
        self.values: list[Any] = []
        self.whose = (tx.account, resource.object)
        filters = [field for field in resource.filters if field in params]
        self.looked_up = bool(filters)
        if filters:
            self.source, self.order = "lookup l CROSS JOIN objects o ON o.seq = l.seq", "l.seq {0}"
            self.where(
                "l.account=? AND l.kind=? AND l.field=? AND l.value=?",
                *self.whose,
                *_pair(params, filters[0]),
            )
        else:
            self.source, self.order = "objects o", "o.created {0}, o.seq {0}"
            self.where("o.account=? AND o.kind=?", *self.whose)
        for field in filters[1:]:
            inner = "x.account=? AND x.kind=? AND x.field=? AND x.value=? AND x.seq=o.seq"
            self.where(f"EXISTS (SELECT 1 FROM lookup x WHERE {inner})", *self.whose, *_pair(params, field))  # noqa: S608
        for sign, value in _comparisons(params.get("created")):
            self.created(sign, value)
        for sign, value in _comparisons(params.get("amount")):
            self.where(f"json_extract(o.body, '$.amount') {sign} ?", value)
        for param, sign in (("starting_after", "<"), ("ending_before", ">")):
            if param in params:
                self.beyond(tx, resource, param, params[param], sign)

    def where(self, clause: str, *values: Any) -> None:
        self.clauses.append(clause)
        self.values += values

    def created(self, sign: str, value: int) -> None:
        if not self.looked_up:
            self.where(f"o.created {sign} ?", value)
            return
        for one in (">=", "<=") if sign == "=" else (sign,):
            way, bound, none = ("ASC", ">=", 1 << 62) if one.startswith(">") else ("DESC", "<=", -1)
            edge = (
                f"SELECT seq FROM objects WHERE account=? AND kind=? AND created {one} ? "  # noqa: S608
                f"ORDER BY created {way}, seq {way} LIMIT 1"
            )
            self.where(f"l.seq {bound} coalesce(({edge}), {none})", *self.whose, value)

    def beyond(self, tx: Tx, resource: Resource, param: str, object_id: str, sign: str) -> None:
        row = tx.db.execute(
            "SELECT created, seq FROM objects WHERE account=? AND kind=? AND id=?", (*self.whose, object_id)
        ).fetchone()
        if row is None:
            raise no_such(resource.noun, object_id, param)
        if self.looked_up:
            self.where(f"l.seq {sign} ?", row[1])
        else:
            self.where(f"(o.created, o.seq) {sign} (?, ?)", *row)


def _pair(params: Mapping[str, Any], field: str) -> tuple[str, str]:
    return field, as_text(params[field])


def _comparisons(wanted: Any) -> Iterable[tuple[str, int]]:
    """A range parameter: a number, or a hash of gt, gte, lt, lte."""
    if isinstance(wanted, int):
        yield "=", wanted
    elif isinstance(wanted, dict):
        for name, value in wanted.items():
            yield _COMPARISONS[name], value
