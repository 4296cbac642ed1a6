"""The table of spending that limits are held against: it says what the authorizations say."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings
from sandbox.conftest import Api

DAY = 86_400
BY_DAY = "SELECT field, value, day, category, amount FROM spending WHERE amount != 0 ORDER BY 1, 2, 3, 4"


def told(db: sqlite3.Connection) -> list[tuple]:
    """What the authorizations themselves say, added up here."""
    spent: dict[tuple, int] = {}
    for body, private in db.execute("SELECT body, private FROM objects WHERE kind='issuing.authorization'"):
        one, own = json.loads(body), json.loads(private)
        for field in ("card", "cardholder"):
            key = (field, one[field], one["created"] // DAY, one["merchant_data"]["category"])
            spent[key] = spent.get(key, 0) + own["_captured"] + own["_held"]
    return sorted((*key, amount) for key, amount in spent.items() if amount)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state in which purchases were captured, reversed, incremented, refunded and declined."""
    path = tmp_path / "state.db"
    with running(Settings(state=path, rate_limit=False)) as base:
        api = Api(base)
        api.fund(500_000)
        card = api.card()
        made = [api.purchase(card, amount) for amount in (1_000, 2_000, 3_000, 999_999)]
        helper = "/v1/test_helpers/issuing/authorizations"
        api.ok(f"{helper}/{made[0]['id']}/capture", {"capture_amount": 1_500})
        api.ok(f"{helper}/{made[1]['id']}/reverse", {"reverse_amount": 700})
        api.ok(f"{helper}/{made[2]['id']}/increment", {"increment_amount": 400})
        api.advance(2 * DAY)
        api.purchase(card, 4_000)
        api.advance(9 * DAY)  # what was not captured expires
        api.purchase(card, 5_000)
        assert api.purchase(card, 46_000)["approved"] is False  # of 500 a day
    return path


def test_it_follows_captures_reversals_increments_and_expiry(state: Path) -> None:
    with closing(sqlite3.connect(state)) as db, db:
        rows = db.execute(BY_DAY).fetchall()
        assert rows == told(db)

    assert [row[4] for row in rows if row[0] == "card"] == [1_500, 5_000]


def test_a_state_of_the_format_before_is_taken_over(state: Path) -> None:
    with closing(sqlite3.connect(state)) as db, db:
        rows = db.execute(BY_DAY).fetchall()
        db.executescript("DROP TABLE spending; PRAGMA user_version=4;")

    with running(Settings(state=state, rate_limit=False)) as base:
        [card] = Api(base).read("/v1/issuing/cards")["data"]
        assert Api(base).purchase(card, 46_000)["approved"] is False
        with closing(sqlite3.connect(state)) as db, db:
            assert db.execute(BY_DAY).fetchall() == rows == told(db)
