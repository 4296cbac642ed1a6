"""The plan's published schema: written from the structs, and as strict as format 1.1 first was."""

import json
from collections.abc import Iterator
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft7Validator
from reference.document_schemas import WRITTEN, file_of, plan_schema, text_of
from reference.json_documents import example_plan
from support.mutate import GONE, places, replaced
from support.plan_documents import change, document, edit, limit

from provisioner.core.plan.document import as_json

FIRST = json.loads((Path(__file__).parent / "plan-1.1.schema.json").read_text(encoding="utf-8"))
VALUES = (
    GONE,
    None,
    True,
    False,
    5,
    -5,
    "",
    "x",
    "usd",
    "live",
    "update",
    "broadening",
    [],
    {},
    {"x": "y"},
    [5],
)
POWER = {"amount": 100, "unlimited": 0, "cards": 1}
DIGEST = "sha256:" + "0" * 64
FOREIGN = edit("limits", 5, [6], currency="usd", currency_before="", forces_replacement=True)
EVERYTHING = document(
    change("cards.ads", edits=[limit(5, 6), FOREIGN], revision=1, rest="r", goal="g", between="b"),
    change("cards.new", edits=[edit("address", "a", "b")], bookkeeping="rename"),
    change(
        "cards.old",
        "retire",
        final=True,
        values=({"path": "spending_limits", "before": [5], "after": None, "currency": "usd"},),
        consequences=("all purchases are declined",),
        along=("cards.older",),
        team="ads",
        link="https://dashboard.stripe.com/test/issuing/cards/ic_1",
    ),
    change("balance_targets.usd", "top_up", kind="balance target", amount=5, currency="usd", newest=None),
    notes=({"address": "cards.ads", "text": "stays inactive", "pending": True},),
    left_out=1,
    stopped_by=[{"guardrail": "retired.cards", "text": "too many", "number": 1}],
    outlook={
        "balances": [
            {
                "currency": "usd",
                "available": 1,
                "pending": 0,
                "target": None,
                "top_up_below": 2,
                "declared": "d",
            }
        ],
        "exposure": [{"team": None, "currency": "usd", "others": 2, "before": POWER, "after": POWER}],
    },
    created="2026-11-29T10:00:00+00:00",
    expires="2026-12-06T10:00:00+00:00",
    source={"path": ".", "env": None, "variables": [], "targets": [], "excludes": []},
    digest=DIGEST,
    seal="s",
)
DOCUMENTS = {"example": example_plan(), "everything": EVERYTHING}


@pytest.mark.parametrize("name", WRITTEN)
def test_the_file_is_what_the_structs_say(name: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        file_of(name).write_text(text_of(name), encoding="utf-8")

    assert file_of(name).read_text(encoding="utf-8") == text_of(name), "stale: python -m tests.reference"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_accepts_what_it_accepted_when_it_was_first_published(name: str) -> None:
    first, now = Draft7Validator(FIRST), Draft7Validator(plan_schema())
    told = {place: (first.is_valid(text), now.is_valid(text)) for place, text in _mutated(name)}

    assert told[""] == (True, True)
    assert {place: both for place, both in told.items() if both[0] != both[1]} == {}
    assert (False, False) in told.values()


def _mutated(name: str) -> Iterator[tuple[str, Any]]:
    """The document; then with each value in turn away or another, and with one more key in each mapping."""
    text = json.loads(json.dumps(as_json(DOCUMENTS[name])))
    yield "", text
    for place in places(text):
        if (place[0] == "source" and len(place) > 1) or place[-1] == "moved":
            continue  # nothing was said of what is in them
        where = ".".join(map(str, place))
        for value in VALUES:
            yield f"{where}.{value}", replaced(text, place, value)
        if place != ("source",) and isinstance(reduce(getitem, place, text), dict):
            yield f"{where}.later", replaced(text, (*place, "later"), "x")
