"""A list that holds an object twice, as pages that overlap do: it is one object, and no conflict."""

from collections.abc import Iterator

import pytest
from e2e.conftest import CARD, COMPANY, Desk
from support.liar import Answer, Asked, Liar, lying, twice

SYNC = "No changes. Stripe matches the configuration.\n"
LISTS = ["issuing/cards", "issuing/cardholders"]


@pytest.fixture
def liar(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Liar]:
    with lying(desk.base) as liar:
        monkeypatch.setenv("STRIPE_API_BASE", liar.base)
        yield liar


def overlapping(asked: Asked) -> Answer:
    """One object a page, and each page begins with the last one of the page before."""
    items = asked.look(f"{asked.path}?limit=100")["data"]
    if "ending_before" in asked.query:
        return asked.pass_on()
    at = next((n for n, item in enumerate(items) if f"starting_after={item['id']}" in asked.query), -1)
    shown = items[max(at, 0) : at + 2]
    more = at + 2 < len(items)
    return Answer(200, {"object": "list", "data": shown, "has_more": more, "url": asked.path})


@pytest.mark.parametrize("lie", [twice, overlapping])
@pytest.mark.parametrize("resource", LISTS)
def test_it_is_one_object(desk: Desk, liar: Liar, resource: str, lie) -> None:
    other = CARD.replace("cards:\n", "").replace("ads:", "travel:")
    desk.write(COMPANY + CARD + other)
    desk.run("apply", "--auto-approve")
    liar.lie(f"GET /v1/{resource}", lie, count=None)

    assert SYNC in desk.run("plan", "--detailed-exitcode").stdout
    assert desk.run("drift").exit_code == 0
    desk.write(COMPANY + CARD.replace("2,000.00", "1,000.00") + other)
    desk.run("apply", "--auto-approve")
    assert {card["status"] for card in desk.live().values()} == {"active"}


def test_a_successor_that_stands_in_the_list_twice_ends_the_one_before(desk: Desk, liar: Liar) -> None:
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    first = desk.live()["cards.ads"]["id"]
    liar.lie("GET /v1/issuing/cards", twice, count=None)
    desk.write(COMPANY + CARD + "    second_line: Marketing\n")

    desk.run("apply", "--auto-approve")

    cards = {card.id: card.status for card in desk.sdk.v1.issuing.cards.list().data}
    assert cards.pop(first) == "canceled"
    assert [*cards.values()] == ["active"]


def test_an_import_of_what_stands_in_the_list_twice_is_clear(desk: Desk, liar: Liar) -> None:
    desk.write(COMPANY + CARD)
    desk.run("apply", "--auto-approve")
    marks = {"metadata": {"provisioner_project": ""}}
    desk.sdk.v1.issuing.cards.update(desk.live()["cards.ads"]["id"], marks)
    for resource in LISTS:
        liar.lie(f"GET /v1/{resource}", twice, count=None)

    assert "1 to import" in desk.run("import", "--all", "--auto-approve").output
    assert SYNC in desk.run("plan").stdout
