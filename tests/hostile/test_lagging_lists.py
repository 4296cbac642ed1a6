"""Lists and events that lag behind writes: in doubt whether an object is there, no second one is made."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from e2e.conftest import BARE_CARD, CARD, COMPANY, Desk
from support.liar import Answer, Asked, Liar, lying

from provisioner.stripe_api.client import Transport

SYNC = "No changes. Stripe matches the configuration.\n"
KINDS = ["issuing/cardholders", "issuing/cards"]


class Waits:
    """What the command waits for, without waiting: `then` is called after each pause."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.then: Callable[[int], None] = lambda _number: None

    def rest(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.then(len(self.seconds))


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    waits = Waits()
    make = Transport.__init__

    def patient(transport: Transport, *words: Any, **named: Any) -> None:
        make(transport, *words, **named, sleep=waits.rest)

    monkeypatch.setattr(Transport, "__init__", patient)
    return waits


@pytest.fixture
def liar(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Liar]:
    with lying(desk.base) as liar:
        monkeypatch.setenv("STRIPE_API_BASE", liar.base)
        yield liar


def fails(desk: Desk, effect: str, service: str) -> None:
    """The next creation fails, before or after the object was made, and Stripe keeps that for the key."""
    fault = {"effect": effect, "match": f"POST /v1/{service}", "count": 1}
    desk.control("faults", json.dumps({"faults": [fault]}).encode())


def hide_all(desk: Desk, liar: Liar, service: str) -> None:
    name = service.removeprefix("issuing/")
    liar.lag(service)
    liar.lag("events")
    liar.hidden |= {item.id for item in getattr(desk.sdk.v1.issuing, name).list().data}


def forbidden(_asked: Asked) -> Answer:
    error = {"type": "invalid_request_error", "message": "The key may not read events."}
    return Answer(403, {"error": error}, {"Content-Type": "application/json"})


def count(desk: Desk, service: str) -> int:
    return len(getattr(desk.sdk.v1.issuing, service.removeprefix("issuing/")).list().data)


@pytest.mark.parametrize("service", KINDS)
def test_what_a_plan_does_not_see_is_created_again_under_the_same_key_and_recognized(
    desk: Desk, liar: Liar, service: str
) -> None:
    liar.lag(service)
    desk.write(COMPANY if service == KINDS[0] else COMPANY + CARD)
    for _ in range(3):
        desk.run("apply", "--auto-approve")

    assert count(desk, service) == 1
    liar.catch_up()
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout


@pytest.mark.parametrize("service", KINDS)
@pytest.mark.parametrize("looks", [1, 2, 4])
def test_what_was_made_before_a_failure_is_found_once_the_lists_have_caught_up(
    desk: Desk, liar: Liar, waits: Waits, service: str, looks: int
) -> None:
    if service == KINDS[1]:
        desk.write(COMPANY)
        desk.run("apply", "--auto-approve")
    fails(desk, "500_after", service)
    begun: list[int] = []

    def then(number: int) -> None:
        if not begun and count(desk, service):
            hide_all(desk, liar, service)
            begun.append(number)
        if begun and number >= begun[0] + looks:
            liar.catch_up()

    waits.then = then
    desk.write(COMPANY if service == KINDS[0] else COMPANY + BARE_CARD)

    desk.run("apply", "--auto-approve")

    assert count(desk, service) == 1
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout


@pytest.mark.parametrize("service", KINDS)
def test_the_events_tell_where_the_list_does_not(desk: Desk, liar: Liar, service: str) -> None:
    desk.write(COMPANY if service == KINDS[0] else COMPANY + CARD)
    fails(desk, "500_after", service)
    liar.lie(f"GET /v1/{service}", empty, count=None)

    desk.run("apply", "--auto-approve")

    assert count(desk, service) == 1


def empty(asked: Asked) -> Answer:
    return Answer(200, {"object": "list", "data": [], "has_more": False, "url": asked.path})


@pytest.mark.parametrize("service", KINDS)
def test_in_doubt_the_step_fails_and_makes_no_second_one(desk: Desk, liar: Liar, service: str) -> None:
    desk.write(COMPANY if service == KINDS[0] else COMPANY + CARD)
    fails(desk, "500_after", service)
    liar.lie(f"GET /v1/{service}", empty, count=None)
    liar.lie("GET /v1/events", forbidden, count=None)

    for _ in range(2):
        said = desk.run("apply", "--auto-approve", code=None).output
        assert "another run may have created" in said
        assert "The key cannot read events" in said
        assert count(desk, service) == 1

    liar.honestly()
    desk.run("apply", "--auto-approve")
    assert count(desk, service) == 1
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout


@pytest.mark.parametrize("service", KINDS)
def test_another_configuration_makes_no_second_object_that_the_list_hides(
    desk: Desk, liar: Liar, service: str
) -> None:
    text = COMPANY if service == KINDS[0] else COMPANY + CARD
    desk.write(text)
    desk.run("apply", "--auto-approve")
    name = service.removeprefix("issuing/")
    [made] = getattr(desk.sdk.v1.issuing, name).list().data
    liar.lie(f"GET /v1/{service}", empty, count=None)
    desk.write(text.replace("canary@", "other@").replace("2,000.00", "1,000.00"))

    said = desk.run("apply", "--auto-approve", code=None).output

    assert f"another run has just created {made.id} with other values; plan again" in said
    assert count(desk, service) == 1
    liar.honestly()
    desk.run("apply", "--auto-approve")
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout
    assert count(desk, service) == 1


@pytest.mark.parametrize("service", KINDS)
def test_a_failure_from_before_anything_was_made_is_passed(desk: Desk, waits: Waits, service: str) -> None:
    desk.write(COMPANY if service == KINDS[0] else COMPANY + CARD)
    fails(desk, "500_began", service)

    desk.run("apply", "--auto-approve")

    assert count(desk, service) == 1
    assert sum(waits.seconds) >= 15


def test_a_refusal_that_stripe_keeps_is_passed_at_once(desk: Desk, liar: Liar, waits: Waits) -> None:
    """Nothing was made for certain: there is nothing to wait for, and no event to read."""
    holder = COMPANY.replace("type: company", "type: individual").replace("Acme Inc", "Jenny Rosen")
    desk.write(holder + CARD)
    desk.run("apply", "--auto-approve", code=5)  # Stripe wants names and the terms first
    terms = (
        "    individual:\n      first_name: Jenny\n      last_name: Rosen\n"
        "      card_issuing: {user_terms_acceptance: {date: 1700000000, ip: 127.0.0.1}}\n"
    )
    liar.lie("GET /v1/events", forbidden, count=None)
    desk.write(holder + terms + CARD)

    desk.run("apply", "--auto-approve")

    assert waits.seconds == []
    assert SYNC in desk.run("plan").stdout


def test_a_rename_takes_no_address_at_which_the_list_hides_a_card(desk: Desk, liar: Liar) -> None:
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    two = CARD + BARE_CARD.removeprefix("\ncards:\n").replace("ads:", "web:")
    desk.write(COMPANY + two)
    desk.run("apply", "--auto-approve")
    hidden = desk.live()["cards.web"]["id"]
    liar.hidden.add(hidden)
    liar.lag("issuing/cards")
    renamed = BARE_CARD.replace("ads:", "web:") + "    lifecycle: {previously: [ads]}\n"
    desk.write(COMPANY + renamed)

    said = desk.run("apply", "--auto-approve", code=1).output

    assert f"{hidden} now has the address cards.web" in said
    assert {"cards.ads", "cards.web"} <= set(desk.live())


def test_where_a_card_stands_that_the_list_hides_its_holder_may_not_spend_more(
    desk: Desk, liar: Liar
) -> None:
    """The hidden card is to be deactivated, and is not: nobody has seen it."""
    holder = COMPANY + "    spending_controls: {spending_limits: [{amount: 1000, interval: daily}]}\n"
    idle = BARE_CARD.replace("active", "inactive")
    desk.write(holder + idle)
    desk.run("apply", "--auto-approve")
    desk.write(holder + idle + BARE_CARD.removeprefix("\ncards:\n").replace("ads:", "web:"))
    desk.run("apply", "--auto-approve")
    liar.hidden.add(desk.live()["cards.web"]["id"])
    liar.lag("issuing/cards")
    renamed = idle.replace("ads:", "web:") + "    lifecycle: {previously: [ads]}\n"
    desk.write(holder.replace("1000", "9000") + renamed)

    said = desk.run("apply", "--auto-approve", code=1).output

    assert "now has the address cards.web" in said
    acme = desk.live("cardholders")["cardholders.acme"]
    assert [limit["amount"] for limit in acme["spending_controls"]["spending_limits"]] == [1000]


def test_what_a_list_shows_of_the_past_is_not_written_back(desk: Desk, liar: Liar) -> None:
    """What tightens goes first, with the limit as it is; a limit lowered by hand is not in the list yet."""
    holder = COMPANY + "    spending_controls: {spending_limits: [{amount: 5000, interval: daily}]}\n"
    desk.write(holder + BARE_CARD)
    desk.run("apply", "--auto-approve")
    acme = desk.live("cardholders")["cardholders.acme"]["id"]
    holders = desk.sdk.v1.issuing.cardholders
    past = holders.list().to_dict()
    limits: Any = {"spending_controls": {"spending_limits": [{"amount": 100, "interval": "daily"}]}}
    holders.update(acme, limits)
    liar.lie("GET /v1/issuing/cardholders", lambda _asked: Answer(200, past), count=None)
    wider = holder.replace("5000", "9000").replace(
        "controls: {", "controls: {blocked_categories: [book_stores], "
    )
    desk.write(wider + BARE_CARD)

    said = desk.run("apply", "--auto-approve", code=1).output

    assert "cardholders.acme differs from what Stripe's list showed; run it again in a few minutes" in said
    assert holders.retrieve(acme).spending_controls.spending_limits[0].amount == 100
    liar.honestly()
    desk.run("apply", "--auto-approve", "--allow", "reverted=1")
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout


@pytest.mark.parametrize("lists", [0, 1, 4])
def test_what_follows_an_ended_card_is_not_made_where_the_list_hides_another(
    desk: Desk, liar: Liar, lists: int
) -> None:
    """The hidden one was given the address by a rename: no key tells of it."""
    desk.write(COMPANY + CARD + BARE_CARD.removeprefix("\ncards:\n").replace("ads:", "web:"))
    desk.run("apply", "--auto-approve")
    live = desk.live()
    desk.sdk.v1.issuing.cards.update(live["cards.ads"]["id"], {"status": "canceled"})
    desk.sdk.v1.issuing.cards.update(
        live["cards.web"]["id"], {"metadata": {"provisioner_address": "cards.ads"}}
    )
    liar.hidden.add(live["cards.web"]["id"])
    liar.lag("issuing/cards")
    if lists:
        liar.lag("events", lists)
    desk.write(COMPANY + CARD)

    said = desk.run("apply", "--auto-approve", code=1).output

    assert f"{live['cards.web']['id']} now has the address cards.ads" in said
    assert count(desk, "issuing/cards") == 2


def test_a_card_that_ended_long_ago_is_followed_without_a_wait(desk: Desk, waits: Waits) -> None:
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    desk.sdk.v1.issuing.cards.update(desk.live()["cards.ads"]["id"], {"status": "canceled"})
    desk.control("clock", b'{"advance": 7200}')
    desk.sdk.v1.issuing.cards.create(
        {
            "cardholder": desk.live("cardholders")["cardholders.acme"]["id"],
            "currency": "usd",
            "type": "virtual",
        }
    )

    desk.run("apply", "--auto-approve")

    assert waits.seconds == []
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout


def test_a_key_that_may_not_read_events_is_as_safe_as_the_list(desk: Desk, liar: Liar) -> None:
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    liar.lie("GET /v1/events", forbidden, count=None)
    desk.write(COMPANY + CARD.replace("ads:", "web:") + "    lifecycle: {previously: [ads]}\n")

    desk.run("apply", "--auto-approve")

    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout


@pytest.mark.parametrize("service", KINDS)
def test_a_run_uses_few_keys_while_stripe_fails_and_later_runs_find_others(desk: Desk, service: str) -> None:
    desk.write(COMPANY)
    if service == KINDS[1]:
        desk.run("apply", "--auto-approve")
        desk.write(COMPANY + BARE_CARD)
    fault = {"effect": "500_began", "match": f"POST /v1/{service}", "count": 1000}
    desk.control("faults", json.dumps({"faults": [fault]}).encode())

    for _ in range(2):
        said = desk.run("apply", "--auto-approve", code=1).output
        assert "Stripe failed for each of 5 new idempotency keys" in said
        assert count(desk, service) == 0
    desk.control("faults", b'{"faults": []}')
    desk.run("apply", "--auto-approve")

    assert count(desk, service) == 1
    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout
