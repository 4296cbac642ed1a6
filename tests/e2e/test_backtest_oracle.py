"""
A backtest, held against what a fresh sandbox decides about the same purchases under the planned controls.

By hand at any size: `ORACLE="7 200 20000 28" pytest tests/e2e/test_backtest_oracle.py`: the seed, cards,
purchases, and days.
"""

import json
import os
import random
from collections import Counter
from typing import Any

import pytest
import yaml
from support import oracle

from e2e.conftest import Desk
from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings

STRANGERS = ("stranger-a", "stranger-b")


def played(
    desk: Desk,
    base: str,
    estate: dict[str, Any],
    seed: int,
    deeds: list[oracle.Deed],
    before: oracle.Note | None,
) -> oracle.Note:
    """Apply a configuration on an empty sandbox, and play the script there."""
    player = oracle.Player(base, [*estate["cards"]], before)
    player.begin(oracle.beginning())
    desk.write(yaml.safe_dump(oracle.as_yaml(estate), sort_keys=False))
    desk.run("apply", "--auto-approve")
    player.meet(STRANGERS, random.Random(seed + 1))  # noqa: S311
    note = player.play(deeds)
    player.close()
    return note


def judged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, *, seed: int, cards: int, purchases: int, days: int
) -> tuple[dict[str, Any], oracle.Expected]:
    """The document of a backtest, and what it must say."""
    rng = random.Random(seed)  # noqa: S311
    before, after = oracle.estates(rng, cards)
    begin = oracle.beginning()
    deeds = oracle.script(rng, before, STRANGERS, purchases, (begin, begin + days * oracle.DAY))
    settings = Settings(rate_limit=False)
    with running(settings) as first, running(settings) as second:
        monkeypatch.setenv("STRIPE_API_BASE", first)
        then = played(desk, first, before, seed, deeds, None)
        monkeypatch.setenv("STRIPE_API_BASE", second)
        now = played(desk, second, after, seed, deeds, then)
        monkeypatch.setenv("STRIPE_API_BASE", first)
        desk.write(yaml.safe_dump(oracle.as_yaml(after), sort_keys=False))
        told = json.loads(desk.run("backtest", "--days", str(days), "--format", "json").stdout)
    return told, oracle.expected(then, now)


def test_it_agrees_with_the_past_and_tells_what_another_past_would_have_been(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed, cards, purchases, days = map(int, os.environ.get("ORACLE", "1 20 240 27").split())
    told, right = judged(desk, monkeypatch, seed=seed, cards=cards, purchases=purchases, days=days)

    assert told["purchases"] == right.purchases
    assert told["unjudged"] == right.unjudged
    assert told["unknown_controls"]["count"] == 0
    assert told["agreement"] == {
        "compared": right.purchases - right.unjudged,
        "agreed": right.purchases - right.unjudged,
    }
    assert len(right.newly_declined) >= 8
    assert len(right.newly_approved) >= 8
    assert told["disagreements"] == []
    for name in ("newly_declined", "newly_approved"):
        rows = getattr(right, name).values()
        assert told[name]["count"] == len(rows)
        assert told[name]["amounts"] == [{"currency": "usd", "amount": sum(row.amount for row in rows)}]
        counted = Counter(row.card for row in rows)
        assert {each["address"]: each[name] for each in told["by_card"] if each[name]} == counted
