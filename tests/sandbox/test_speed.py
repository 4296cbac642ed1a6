"""Lists stay quick however much there is: an index serves the conditions and the order alike."""

from typing import Any

import pytest

from provisioner.sandbox.rules.cards.card import CARD
from provisioner.sandbox.rules.common.listing import Query
from provisioner.sandbox.state.objects import Origin, Tx
from provisioner.sandbox.state.store import Store


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"starting_after": "ic_1"},
        {"ending_before": "ic_1"},
        {"created": {"gte": 5, "lt": 9}, "starting_after": "ic_1"},
        {"status": "active"},
        {"status": "active", "type": "virtual", "cardholder": "ich_1", "starting_after": "ic_1"},
        {"status": "active", "created": {"gt": 5}},
    ],
)
def test_no_list_looks_at_everything_or_sorts(params: dict[str, Any]) -> None:
    store = Store(None)
    with store.transaction(write=True) as db:
        tx = Tx(db, "acct_1", 10, Origin())
        tx.add(CARD, {"id": "ic_1", "status": "active", "type": "virtual"})
        query = Query(tx, CARD, params)
        sql = (
            f"SELECT o.body FROM {query.source} WHERE {' AND '.join(query.clauses)} ORDER BY {query.seq} DESC"  # noqa: S608
        )
        steps = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", query.values)]
    store.close()
    looked_at = [step for step in steps if not step.startswith(("SCALAR SUBQUERY", "CORRELATED"))]
    assert looked_at
    assert [step for step in looked_at if not step.startswith("SEARCH") or "TEMP B-TREE" in step] == []
