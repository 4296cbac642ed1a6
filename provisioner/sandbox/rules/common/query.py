"""A list's conditions as SQL, arranged so that an index serves both them and the order."""

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.sandbox.state.errors import no_such
from provisioner.sandbox.state.objects import Resource, Tx, as_text

_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class Query:
    """
    Where a list's objects are (`source`), what they must be (`clauses`, `values`), their order (`seq`).

    The order of `seq` is also that of `created`, because the clock never goes back. Without
    filters the index of a kind has it; with some, the lookup entries of the rarest one.
    """

    def __init__(self, tx: Tx, resource: Resource, params: Mapping[str, Any]) -> None:
        self._tx = tx
        self._resource = resource
        self._params = params
        self._whose = (tx.account, resource.object)
        self.clauses: list[str] = []
        self.values: list[Any] = []
        filters = sorted((f for f in resource.filters if f in params), key=self._count)
        self.source = "lookup l CROSS JOIN objects o ON o.seq = l.seq" if filters else "objects o"
        self.seq = "l.seq" if filters else "o.seq"
        self._filtered(filters)
        for sign, value in _comparisons(params.get("created")):
            self._created(sign, value)
        for sign, value in _comparisons(params.get("amount")):
            self.where(f"json_extract(o.body, '$.amount') {sign} ?", value)
        for param, sign in (("starting_after", "<"), ("ending_before", ">")):
            if param in params:
                self.where(f"{self.seq} {sign} ?", self._seq_of(param))

    def where(self, clause: str, *values: Any) -> None:
        """One more condition."""
        self.clauses.append(clause)
        self.values += values

    def _filtered(self, filters: list[str]) -> None:
        if not filters:
            self.where("o.account=? AND o.kind=?", *self._whose)
            return
        self.where("l.account=? AND l.kind=? AND l.field=? AND l.value=?", *self._looked_up(filters[0]))
        for field in filters[1:]:
            too = "x.account=? AND x.kind=? AND x.field=? AND x.value=? AND x.seq=l.seq"
            self.where(f"EXISTS (SELECT 1 FROM lookup x WHERE {too})", *self._looked_up(field))  # noqa: S608

    def _looked_up(self, field: str) -> tuple[str, str, str, str]:
        return (*self._whose, field, as_text(self._params[field]))

    def _count(self, field: str) -> int:
        """How many objects a filter lets through, counted up to 1,000."""
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

    def _seq_of(self, param: str) -> int:
        object_id = self._params[param]
        row = self._tx.db.execute(
            "SELECT seq FROM objects WHERE account=? AND kind=? AND id=?", (*self._whose, object_id)
        ).fetchone()
        if row is None:
            raise no_such(self._resource.noun, object_id, param)
        return int(row[0])


def _comparisons(wanted: Any) -> Iterable[tuple[str, int]]:
    """A range parameter: a number, or a hash of gt, gte, lt, lte."""
    if isinstance(wanted, int):
        yield "=", wanted
    elif isinstance(wanted, dict):
        for name, value in wanted.items():
            yield _COMPARISONS[name], value
