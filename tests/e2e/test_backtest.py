"""`backtest` and `plan --backtest`: past purchases are read once, and judged by what would be declared."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.liar import Liar, as_it_was, lying

from e2e.conftest import COMPANY, KEY, Desk
from e2e.shop import LIMITED, Shop, open_shop
from provisioner import Project
from provisioner.core.plan.document import as_json

KEPT = ("--history", "purchases.history")


@pytest.fixture
def shop(desk: Desk) -> Shop:
    return open_shop(desk)


@pytest.fixture
def liar(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Liar]:
    with lying(shop.desk.base) as liar:
        monkeypatch.setenv("STRIPE_API_BASE", liar.base)
        yield liar


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of ten, so that a few purchases fill several."""
    for module in ("engine.read.parallel_list", "engine.purchases.read_history", "app.history"):
        monkeypatch.setattr(f"provisioner.{module}.PAGE", 10)


def test_it_says_what_would_be_declined_and_how_far_to_believe_it(shop: Shop) -> None:
    bought = shop.buy(30_000)
    shop.wait(0.01)
    shop.buy(190_000)  # more than is left of the limit
    shop.helpers.authorizations.reverse(bought)
    shop.wait(0.01)
    shop.buy(150_000)
    shop.desk.write(COMPANY + LIMITED % "100.00")
    found = shop.backtest()

    assert found["purchases"] == 3
    assert found["agreement"] == {"compared": 3, "agreed": 3}
    assert found["newly_declined"] == {"count": 2, "amounts": [{"currency": "usd", "amount": 180_000}]}
    assert found["newly_approved"]["count"] == 0
    assert [(each["address"], each["newly_declined"]) for each in found["by_card"]] == [("cards.ads", 2)]
    assert [each["name"] for each in found["by_team"]] == ["growth"]
    assert (found["project"], found["mode"], found["environment"]) == ("desk", "test", None)
    assert found["account"].startswith("acct_")


def test_a_plan_has_the_same_object(shop: Shop) -> None:
    shop.buy(30_000)
    shop.desk.write(COMPANY + LIMITED % "100.00")
    alone = shop.backtest(*KEPT)
    plan = json.loads(shop.desk.run("plan", "--backtest", "90d", *KEPT, "--format", "json").stdout)

    assert plan["backtest"].items() <= alone.items()
    assert plan["backtest"]["newly_declined"]["count"] == 1
    assert "backtest" not in json.loads(shop.desk.run("plan", "--format", "json").stdout)


def test_only_the_selected_part_of_the_plan_counts(shop: Shop) -> None:
    shop.buy(30_000)
    shop.desk.write(COMPANY + LIMITED % "100.00")

    assert shop.backtest("--target", "cards.ads")["newly_declined"]["count"] == 1
    assert shop.backtest("--exclude", "cards.ads")["newly_declined"]["count"] == 0


def test_nothing_but_get_leaves_its_client(shop: Shop, liar: Liar) -> None:
    shop.buy(30_000)
    liar.asked.clear()
    shop.backtest(*KEPT)
    shop.desk.run("plan", "--backtest", "30d", *KEPT)

    assert len(liar.asked) > 5
    assert {each.partition(" ")[0] for each in liar.asked} == {"GET"}


@pytest.mark.usefixtures("short_pages")
def test_a_second_run_reads_only_what_is_newer_and_what_became_of_the_rest(shop: Shop) -> None:
    first = [shop.buy(100 + number) for number in range(12)]
    held = shop.buy(80_000)
    shop.wait(1)
    assert shop.backtest(*KEPT)["purchases"] == 13
    shop.helpers.authorizations.increment(held, {"increment_amount": 200_000})  # declined
    shop.helpers.authorizations.capture(held, {"capture_amount": 70_000})
    for each in first[:3]:
        shop.helpers.authorizations.expire(each)
    shop.wait(0.01)
    shop.buy(120_000)  # only as the capture and the expiries have given room back
    result = shop.desk.run("backtest", "--format", "json", *KEPT, "-v")
    found, fresh = json.loads(result.stdout), shop.backtest()

    assert result.stderr.count("/v1/issuing/authorizations ") == 2
    assert result.stderr.count("/v1/events ") == 2
    assert "/iauth_" not in result.stderr
    assert found == fresh
    assert found["purchases"] == 15
    assert found["agreement"] == {"compared": 15, "agreed": 15}


def test_earlier_purchases_fill_windows_and_are_not_judged(shop: Shop) -> None:
    shop.buy(150_000)
    shop.wait(3)
    shop.buy(40_000)
    shop.desk.write(COMPANY + LIMITED % "1,600.00")
    found = shop.backtest("--days", "2")

    assert found["purchases"] == 1
    assert found["newly_declined"] == {"count": 1, "amounts": [{"currency": "usd", "amount": 40_000}]}


def test_the_days_count_from_the_newest_purchase(shop: Shop) -> None:
    shop.buy(100)
    shop.wait(3)
    shop.buy(200)

    assert shop.backtest("--days", "2")["purchases"] == 1
    assert shop.backtest("--days", "5d")["purchases"] == 2
    assert "is not a number of days up to 3650d" in shop.desk.run("backtest", "--days", "0", code=1).stderr


def test_names_of_merchants_are_read_only_if_asked_for(shop: Shop) -> None:
    shop.buy(30_000)
    shop.desk.write(COMPANY + LIMITED % "100.00")
    assert shop.backtest(*KEPT)["examples"][0]["merchant"] == ""
    assert b"Canary" not in Path("purchases.history").read_bytes()

    assert shop.backtest(*KEPT, "--merchant-names")["examples"][0]["merchant"] == "Canary Books"
    shop.buy(31_000, "Canary Cakes")
    assert shop.backtest(*KEPT)["examples"][0]["merchant"] == ""
    named = shop.backtest(*KEPT, "--merchant-names")["examples"]
    assert [each["merchant"] for each in named] == ["Canary Books", "Canary Cakes"]


def test_nothing_that_identifies_a_card_or_a_person_is_in_the_file(shop: Shop) -> None:
    shop.buy(30_000)
    shop.desk.sdk.v1.issuing.cards.update(shop.card, {"status": "inactive"})
    holder = shop.desk.live("cardholders")["cardholders.acme"]["id"]
    shop.desk.sdk.v1.issuing.cardholders.update(
        holder, {"status": "inactive", "phone_number": "+18008675309"}
    )
    shop.backtest(*KEPT)
    kept = Path("purchases.history").read_bytes()
    last4 = shop.desk.live()["cards.ads"]["last4"]

    assert shop.card.encode() in kept
    for word in ("canary", "Acme", "8675309", "last4", f'"{last4}"', "exp_", KEY):
        assert word.encode() not in kept


def test_a_history_of_another_account_or_of_a_sandbox_that_was_reset_is_refused(shop: Shop) -> None:
    shop.buy(100)
    shop.backtest(*KEPT)
    shop.desk.control("reset")
    shop.desk.run("apply", "--auto-approve")
    said = shop.desk.run("backtest", *KEPT, code=7).stderr

    assert "purchases.history has the purchases of account acct_" in said


def test_another_file_is_refused_before_anything_is_written(shop: Shop) -> None:
    before = Path("provisioner.yaml").read_bytes()
    said = shop.desk.run("backtest", "--history", "provisioner.yaml", code=1).stderr

    assert "provisioner.yaml exists and is not a purchase history; it was not changed" in said
    assert Path("provisioner.yaml").read_bytes() == before


def test_options_of_the_history_require_the_backtest(desk: Desk) -> None:
    desk.write(COMPANY)

    assert "--history requires --backtest" in desk.run("plan", *KEPT, code=1).stderr
    assert "--merchant-names requires --backtest" in desk.run("plan", "--merchant-names", code=1).stderr


@pytest.mark.usefixtures("short_pages")
def test_how_long_reading_takes_is_said_first(shop: Shop) -> None:
    for number in range(24):
        shop.buy(100 + number)
        shop.wait(0.1)
    said = shop.desk.run("plan", "--backtest", "90d", *KEPT).stderr

    assert re.search(r"Reading about [0-9]+ purchases: about [0-9]+ requests, 1 second\.", said)
    assert "Reading about" not in shop.desk.run("plan", "--backtest", "90d", *KEPT).stderr


@pytest.mark.usefixtures("short_pages")
def test_faults_on_the_wire_end_in_an_error_or_in_the_same_answer(shop: Shop, liar: Liar) -> None:
    for number in range(12):
        shop.buy(100 + number)
    shop.wait(1)
    liar.lie("GET /v1/issuing/authorizations", as_it_was, count=1)
    fresh = shop.backtest()

    def broken(_asked: Any) -> Any:
        return type(
            "A", (), {"status": 200, "data": {"data": [{"id": 1}], "has_more": True}, "headers": {}}
        )()

    liar.lie("GET /v1/issuing/authorizations", broken, count=None)
    said = shop.desk.run("backtest", *KEPT, code=1).stderr
    liar.honestly()

    assert "Traceback" not in said
    assert "does not have the expected form" in said
    assert shop.backtest(*KEPT) == fresh


def test_a_key_without_events_judges_by_the_present_controls_and_says_so(shop: Shop, liar: Liar) -> None:
    shop.buy(30_000)
    denied = {"error": {"type": "invalid_request_error", "message": "no rak_event_read"}}
    refused = type("A", (), {"status": 403, "data": denied, "headers": {}})()
    liar.lie("GET /v1/events", lambda _asked: refused, count=None)
    result = shop.desk.run("backtest", "--format", "json", *KEPT)

    assert "Warning: events cannot be read with this key" in result.stderr
    assert json.loads(result.stdout)["purchases"] == 1
    assert shop.backtest(*KEPT)["purchases"] == 1


def test_it_can_be_written_to_a_file(shop: Shop) -> None:
    shop.buy(100)
    found = shop.backtest()

    assert shop.desk.run("backtest", "--format", "json", "--out", "found.json").stdout == ""
    assert json.loads(Path("found.json").read_text(encoding="utf-8")) == found


def test_a_saved_plan_keeps_it_without_the_names_of_merchants(shop: Shop) -> None:
    shop.buy(30_000)
    shop.desk.write(COMPANY + LIMITED % "100.00")
    shop.desk.run("plan", "--backtest", "90d", "--merchant-names", "--out", "plan.json")
    kept = Path("plan.json").read_text(encoding="utf-8")

    assert json.loads(kept)["backtest"]["newly_declined"]["count"] == 1
    assert "Canary Books" not in kept
    assert json.loads(shop.desk.run("show", "plan.json", "--format", "json").stdout)["backtest"]
    shop.desk.run("apply", "plan.json")


def test_a_cache_file_is_written_again_and_takes_nothing_away(shop: Shop) -> None:
    shop.buy(30_000)
    shop.desk.write(COMPANY + LIMITED % "100.00")
    words = ("plan", "--backtest", "90d", "--format", "json", "--cache", "a.cache")
    first, second = (json.loads(shop.desk.run(*words).stdout)["backtest"] for _ in range(2))

    assert first == second
    assert first["newly_declined"]["count"] == 1


def test_a_program_gets_the_same_document(shop: Shop) -> None:
    shop.buy(30_000)
    shop.desk.write(COMPANY + LIMITED % "100.00")
    with Project.load().connect(KEY, api_base=shop.desk.base) as project:
        found = project.backtest(days=30, history="purchases.history", headroom=True)

    assert json.loads(json.dumps(as_json(found))) == shop.backtest("--days", "30", *KEPT, "--headroom")
    assert found.newly_declined.count == 1
    assert found.headroom is not None
