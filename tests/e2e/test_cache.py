"""`drift --cache`: the answer of a full read from what has changed since; no cache can make it wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import COMPANY, Desk

CARDS = "cards:\n" + "".join(
    f"  c{n}: {{type: virtual, currency: usd, status: active, cardholder: acme, metadata: {{team: t{n}}}}}\n"
    for n in range(6)
)
HOUR = 3600
CACHE = ("--cache", "drift.cache")


@pytest.fixture
def applied(desk: Desk) -> Desk:
    desk.write(COMPANY + CARDS)
    desk.run("apply", "--auto-approve")
    pass_time(desk, HOUR)
    desk.run("drift", *CACHE)
    return desk


def pass_time(desk: Desk, seconds: int) -> None:
    desk.control("clock", json.dumps({"advance": seconds}).encode())


def drift(desk: Desk, *words: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(desk.run("drift", "--format", "json", *words, code=None).stdout)
    return document


def ends(desk: Desk) -> None:
    desk.sdk.v1.issuing.cards.update(desk.live()["cards.c1"]["id"], {"status": "canceled"})


def pauses(desk: Desk) -> None:
    desk.sdk.v1.issuing.cards.update(desk.live()["cards.c1"]["id"], {"status": "inactive"})


def pauses_and_goes_on(desk: Desk) -> None:
    card = desk.live()["cards.c1"]["id"]
    desk.sdk.v1.issuing.cards.update(card, {"status": "inactive"})
    desk.sdk.v1.issuing.cards.update(card, {"status": "active"})


def comes_from_elsewhere(desk: Desk) -> None:
    holder = desk.live("cardholders")["cardholders.acme"]["id"]
    desk.sdk.v1.issuing.cards.create({"type": "virtual", "currency": "usd", "cardholder": holder})


def moves(desk: Desk) -> None:
    holder = desk.live("cardholders")["cardholders.acme"]["id"]
    desk.sdk.v1.issuing.cardholders.update(holder, {"email": "other@acme.example"})


def is_renamed_in_the_yaml(desk: Desk) -> None:
    text = CARDS.replace("  c0: {", "  new: {lifecycle: {previously: [c0]}, ")
    desk.write(COMPANY + text)


def is_edited_in_the_yaml(desk: Desk) -> None:
    desk.write(COMPANY + CARDS.replace("team: t3", "team: other"))


def leaves_the_yaml(desk: Desk) -> None:
    desk.write(COMPANY + CARDS.replace("  c5: ", "  c9: "))


def holder_must_be_replaced(desk: Desk) -> None:
    desk.write(COMPANY.replace("name: Acme Inc", "name: Acme Ltd") + CARDS)


HAPPENED = [
    ends,
    pauses,
    pauses_and_goes_on,
    comes_from_elsewhere,
    moves,
    is_renamed_in_the_yaml,
    is_edited_in_the_yaml,
    leaves_the_yaml,
    holder_must_be_replaced,
]


@pytest.mark.parametrize("happens", HAPPENED)
def test_a_cache_changes_no_answer(applied: Desk, happens: Any) -> None:
    happens(applied)

    assert drift(applied, *CACHE) == drift(applied)


def test_nothing_is_listed_again(applied: Desk) -> None:
    pauses(applied)
    said = applied.run("drift", *CACHE, "-v", code=2).stderr

    assert "/v1/events" in said
    assert "/v1/issuing/cards" not in said


def test_nothing_personal_and_no_secret_is_in_the_file(applied: Desk) -> None:
    text = (applied.folder / "drift.cache").read_text(encoding="utf-8")

    assert not [word for word in ("canary", "Acme", "cards.c1", "t1", "sk_test") if word in text]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("true", "false", 1),
        lambda text: text[: len(text) // 2],
        lambda _text: "",
        lambda _text: "[]",
    ],
)
def test_a_file_that_was_changed_is_not_believed(applied: Desk, spoil: Any) -> None:
    cache = Path("drift.cache")
    cache.write_text(spoil(cache.read_text(encoding="utf-8")), encoding="utf-8")
    result = applied.run("drift", *CACHE)

    assert "Reading everything: drift.cache cannot be used" in result.stderr
    assert "Reading everything" not in applied.run("drift", *CACHE).stderr


def test_events_that_are_gone_ask_for_a_full_read(applied: Desk) -> None:
    pauses(applied)
    pass_time(applied, 31 * 24 * HOUR)
    result = applied.run("drift", *CACHE, code=2)

    assert "Stripe has no events that go back to it any more" in result.stderr


def test_another_key_makes_a_cache_useless(applied: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_another51Key")

    assert "no cache that this key has written" in applied.run("drift", *CACHE).stderr


def test_a_full_read_can_be_asked_for(applied: Desk) -> None:
    before = Path("drift.cache").stat().st_mtime_ns
    applied.run("drift", *CACHE, "--refresh")

    assert Path("drift.cache").stat().st_mtime_ns > before
