"""Lists: newest first, paged by object ids, narrowed by filters (docs.stripe.com/api/pagination)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from provisioner.sandbox.rules.common.expand import expanded
from provisioner.sandbox.rules.common.query import Query
from provisioner.sandbox.state.errors import exclusive, invalid
from provisioner.sandbox.state.objects import Resource, Tx, dump, whole

Json = dict[str, Any]

_PAGE = 10
_LARGEST_PAGE = 100


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
    return expanded(tx, resource, envelope, params.get("expand", []))


class ListPage(dict[str, Any]):
    """A list that is JSON already: reading 100 objects only to write them again would be most of the work."""

    def __init__(self, text: str) -> None:
        super().__init__(object="list")
        self.text = text
