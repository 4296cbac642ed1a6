"""`--cache`: the answer of a full read from what has changed since; no cache can make it wrong."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from e2e.conftest import COMPANY, Desk

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


def plan(desk: Desk, *words: str) -> str:
    return desk.run("plan", "--format", "json", *words).stdout


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
    assert plan(applied, *CACHE) == plan(applied)


@pytest.mark.parametrize(("command", "code"), [("drift", 2), ("plan", 0)])
def test_nothing_is_listed_again(applied: Desk, command: str, code: int) -> None:
    pauses(applied)
    said = applied.run(command, *CACHE, "-v", code=code).stderr

    assert "/v1/events" in said
    assert "/v1/issuing/cards" not in said


@pytest.mark.parametrize("command", ["drift", "plan"])
def test_what_happens_to_an_object_of_others_makes_none_of_theirs_be_read_or_counted_again(
    applied: Desk, command: str
) -> None:
    for _ in range(5):
        comes_from_elsewhere(applied)
    pass_time(applied, HOUR)  # or else the newest events still show them all
    pauses(applied)
    applied.run("drift", *CACHE, "--refresh", code=2)
    other = [card["id"] for name, card in applied.live().items() if name.startswith("ic_")][2]
    applied.sdk.v1.issuing.cards.update(other, {"metadata": {"theirs": "moved"}})
    said = applied.run(command, *CACHE, "-v", code=None).stderr

    # a plan also reads the object that its seal takes the project's salt from
    oldest = applied.live("cardholders")["cardholders.acme"]["id"]
    salt = [f"/v1/issuing/cardholders/{oldest}"] if command == "plan" else []
    asked = [word for word in said.split() if word.startswith("/v1/")]
    assert sorted(asked) == ["/v1/account", "/v1/events", *salt]
    assert drift(applied, *CACHE)["summary"]["unmanaged"]["card"] == 5
    assert drift(applied, *CACHE, "--unmanaged") == drift(applied, "--unmanaged")
    assert plan(applied, *CACHE) == plan(applied)


def test_cards_that_the_yaml_changes_are_read_by_page(applied: Desk) -> None:
    pauses_and_goes_on(applied)  # or else the newest events still show them all
    applied.run("plan", *CACHE, "--refresh")
    text = CARDS.replace("team: t1", "team: x").replace("team: t2", "team: y").replace("team: t3", "team: z")
    applied.write(COMPANY + text)
    said = applied.run("plan", *CACHE, "-v").stderr

    assert said.count("/v1/issuing/cards") == 1
    assert said.count("/v1/issuing/cardholders") == 1, "the salt of the project's seal"


def test_a_plan_made_with_a_cache_is_saved_and_applied_on_live_data(applied: Desk) -> None:
    is_edited_in_the_yaml(applied)
    applied.run("plan", *CACHE, "--out", "plan.json")
    applied.sdk.v1.issuing.cards.update(applied.live()["cards.c3"]["id"], {"metadata": {"team": "else"}})

    assert "cards.c3: metadata.team changed" in applied.run("apply", "plan.json", code=4).output
    applied.run("plan", *CACHE, "--out", "plan.json")
    applied.run("apply", "plan.json")
    assert "No changes." in applied.run("plan", *CACHE).stdout


def test_a_selection_reads_no_more(applied: Desk) -> None:
    is_edited_in_the_yaml(applied)
    words = ("--target", "cards.c3", "--exclude", "cards.c0")

    assert plan(applied, *CACHE, *words) == plan(applied, *words)


def test_a_slip_in_a_selection_is_told_from_all_names(applied: Desk) -> None:
    result = applied.run("plan", *CACHE, "--target", "cards.x3", code=1)

    assert result.stderr == applied.run("plan", "--target", "cards.x3", code=1).stderr


def test_what_refers_to_ours_by_its_id_is_refused_as_ever(applied: Desk) -> None:
    holder = applied.live("cardholders")["cardholders.acme"]["id"]
    applied.write(COMPANY + CARDS.replace("cardholder: acme", f"cardholder: {holder}", 1))

    assert "use its name instead: acme" in applied.run("plan", *CACHE, code=1).stderr


def test_nothing_personal_and_no_secret_is_in_the_file(applied: Desk) -> None:
    text = (applied.folder / "drift.cache").read_text(encoding="utf-8")

    assert not [word for word in ("canary", "Acme", "team", "sk_test") if word in text]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("cards.c1", "cards.c2", 1),
        lambda text: text[: len(text) // 2],
        lambda _text: "",
        lambda text: text.partition("\n")[0] + "\n",
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

    assert "Stripe no longer has events that go back to it" in result.stderr


def test_an_old_full_read_is_done_again(applied: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr("provisioner.engine.cache.recall.time.time", lambda: now + 8 * 24 * HOUR)

    assert "it is older than 7 days" in applied.run("plan", *CACHE).stderr


def test_another_project_makes_a_cache_useless(applied: Desk) -> None:
    applied.write(COMPANY + CARDS, project="other")

    assert "another account, project, mode, or version" in applied.run("plan", *CACHE).stderr


def test_another_account_makes_a_cache_useless(applied: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_ACCOUNT", "acct_1Other")

    assert "another account, project, mode, or version" in applied.run("plan", *CACHE, code=None).stderr


def test_a_key_that_may_not_read_events_reads_everything(
    applied: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = dict.fromkeys(("issuing_card", "issuing_cardholder", "balance", "topup", "account"), "read")
    applied.control("keys", json.dumps({"key": "rk_test_canary", "permissions": may}).encode())
    monkeypatch.setenv("STRIPE_API_KEY", "rk_test_canary")
    result = applied.run("plan", "--cache", "plan.cache")

    assert "plan.cache is not written: events cannot be read with this key." in result.stderr
    assert "No changes." in result.stdout


def test_a_cache_that_is_not_there_is_made(applied: Desk) -> None:
    result = applied.run("plan", "--cache", "plan.cache")

    assert result.stderr.startswith("Reading everything: plan.cache does not exist yet.")
    assert "Reading" not in applied.run("plan", "--cache", "plan.cache").stderr


def test_another_key_makes_a_cache_useless(applied: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_another51Key")

    assert "not a cache that this key has written" in applied.run("drift", *CACHE).stderr


def test_a_full_read_can_be_asked_for(applied: Desk) -> None:
    before = Path("drift.cache").stat().st_mtime_ns
    applied.run("drift", *CACHE, "--refresh")

    assert Path("drift.cache").stat().st_mtime_ns > before


def test_addresses_that_another_project_has_are_told_of_alike(desk: Desk) -> None:
    text = COMPANY + CARDS
    desk.write(text, project="cards")
    desk.run("apply", "--auto-approve")
    pass_time(desk, HOUR)  # else the events of the last minutes tell of them
    desk.write(COMPANY, project="kards")
    desk.run("apply", "--auto-approve")
    pass_time(desk, HOUR)
    desk.run("plan", *CACHE)
    desk.write(text, project="kards")

    assert "6 of these addresses belong to project 'cards'" in plan(desk)
    assert plan(desk, *CACHE) == plan(desk)
