"""The JSON of a plan, written a part at a time, and the memory that a plan of new objects takes."""

import hashlib
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.declare import card, config, holder
from support.depth import thorough
from support.plan_documents import HOSTILE, change, document, edit

from provisioner.core.approval.integrity import PROOFS, digest_of
from provisioner.core.model.json_text import json_text, members
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.ownership.seal import canonical
from provisioner.core.plan.document import PlanDocument, as_json
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.core.plan.write_document import plan_document
from provisioner.kinds import KINDS
from provisioner.views.plan.text import plan_text_parts

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.just(HOSTILE),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=6,
)
CHANGES = st.builds(
    lambda reason, values: change("cards.ads", reason=reason, edits=[edit("x", None, v) for v in values]),
    st.text(st.characters()),
    st.lists(VALUES, max_size=3),
)
NOTES = st.builds(lambda text: {"address": "", "text": text}, st.text(st.characters()))


@settings(max_examples=thorough(80))
@given(st.lists(CHANGES, max_size=3), st.lists(NOTES, max_size=2).map(tuple))
def test_the_parts_are_the_text_that_the_whole_has(changes: list[Any], notes: tuple[Any, ...]) -> None:
    plan = document(*changes, notes=notes)
    whole = as_json(plan)

    assert "".join(json_text(plan)) == json.dumps(whole, indent=2)
    proven = {name: value for name, value in whole.items() if name not in PROOFS}
    assert (
        digest_of(members(plan))
        == digest_of(whole)
        == f"sha256:{hashlib.sha256(canonical(proven).encode()).hexdigest()}"
    )


def new_cards(number: int) -> Plan:
    cards = [card(f"card-{n}", metadata={"team": "ads", "cost_centre": f"cc-{n}"}) for n in range(number)]
    return make_plan(KINDS, config(holder(), *cards), Snapshot({}, {}, {}))


def peak_of(work: Callable[[], object]) -> int:
    """The most bytes that work has held at once, what it returns included."""
    work()  # what is made once and kept does not count
    tracemalloc.start()
    try:
        kept = work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        del kept


def test_a_plan_of_new_objects_takes_little_memory_for_each() -> None:
    assert peak_of(lambda: plan_document(KINDS, new_cards(400))) / 400 < 3_500


def texts(plan: PlanDocument) -> dict[str, Callable[[], int]]:
    return {
        "json": lambda: sum(map(len, json_text(plan))),
        "full": lambda: sum(map(len, plan_text_parts(plan, detail="full"))),
        "digest": lambda: len(digest_of(members(plan))),
    }


@pytest.mark.parametrize("form", ["json", "full", "digest"])
def test_no_text_of_a_large_plan_is_whole_in_memory(form: str) -> None:
    few, many = (peak_of(texts(plan_document(KINDS, new_cards(n)))[form]) for n in (100, 400))
    assert many - few < 300 * 500
