"""Pages, cursors and filters."""

import itertools

import pytest

from provisioner.sandbox.api import schema
from provisioner.sandbox.api.routes import ROUTES


@pytest.fixture
def topups(api) -> list[str]:
    """25 top-ups' ids, newest first."""
    made = [api.ok("/v1/topups", {"amount": 100 + i, "currency": "usd"})["id"] for i in range(25)]
    return made[::-1]


def ids(page) -> list[str]:
    return [item["id"] for item in page["data"]]


def test_the_envelope(api, topups) -> None:
    page = api.read("/v1/topups")
    assert (page["object"], page["url"], page["has_more"]) == ("list", "/v1/topups", True)
    assert ids(page) == topups[:10]


@pytest.mark.parametrize("limit", [1, 7, 25, 100])
def test_walking_by_cursor_sees_everything_once_both_ways(api, topups, limit) -> None:
    seen: list[str] = []
    page = api.read("/v1/topups", {"limit": limit})
    while True:
        seen += ids(page)
        if not page["has_more"]:
            break
        page = api.read("/v1/topups", {"limit": limit, "starting_after": seen[-1]})
    assert seen == topups

    back: list[str] = []
    page = api.read("/v1/topups", {"limit": limit, "ending_before": topups[-1]})
    while True:
        back = ids(page) + back
        if not page["has_more"]:
            break
        page = api.read("/v1/topups", {"limit": limit, "ending_before": back[0]})
    assert back == topups[:-1]


def test_a_cursor_must_exist_and_be_alone(api, topups) -> None:
    assert api.get("/v1/topups", {"starting_after": "tu_unknown"}).error["code"] == "resource_missing"
    both = {"starting_after": topups[0], "ending_before": topups[1]}
    assert api.get("/v1/topups", both).error["code"] == "parameters_exclusive"


def test_created_ranges(api) -> None:
    made = []
    for _ in range(4):
        made.append(api.ok("/v1/topups", {"amount": 100, "currency": "usd"}))
        api.advance(3600)
    at = [topup["created"] for topup in made]
    listed = lambda **created: ids(api.read("/v1/topups", {"created": created}))[::-1]  # noqa: E731
    all_ids = [topup["id"] for topup in made]

    assert listed(gte=at[1], lt=at[3]) == all_ids[1:3]
    assert listed(gt=at[1]) == all_ids[2:]
    assert listed(lte=at[1]) == all_ids[:2]
    assert ids(api.read("/v1/topups", {"created": at[2]})) == [all_ids[2]]
    for status, (low, high) in itertools.product(["succeeded", "pending"], [(0, 2), (1, 4), (2, 2)]):
        bounds = {"gte": at[low], "lt": at[high] if high < 4 else at[3] + 1}
        both = ids(api.read("/v1/topups", {"created": bounds, "status": status}))[::-1]
        assert both == (all_ids[low:high] if status == "succeeded" else [])


def test_filters_of_top_ups(api, topups) -> None:
    api.ok(f"/v1/topups/{topups[3]}/cancel")
    assert ids(api.read("/v1/topups", {"status": "canceled"})) == [topups[3]]
    assert ids(api.read("/v1/topups", {"amount": 124})) == [topups[0]]
    assert ids(api.read("/v1/topups", {"amount": {"gte": 122, "lt": 124}})) == topups[1:3]
    assert api.get("/v1/topups", {"status": "reversed"}).status == 400


def test_filters_of_cards_and_cardholders(api) -> None:
    one, two = api.cardholder(email="one@example.com"), api.person(phone_number="(415) 555-0101")
    card = api.card(cardholder=one["id"])
    other = api.card(cardholder=two["id"], status="inactive")
    cards = lambda **by: ids(api.read("/v1/issuing/cards", by))  # noqa: E731
    holders = lambda **by: ids(api.read("/v1/issuing/cardholders", by))  # noqa: E731

    assert cards(cardholder=one["id"]) == [card["id"]]
    assert cards(status="inactive") == [other["id"]]
    assert cards(status="active", type="virtual", cardholder=one["id"]) == [card["id"]]
    assert cards(status="canceled") == []
    assert cards(last4=card["last4"], exp_year=card["exp_year"], cardholder=one["id"]) == [card["id"]]
    assert cards(type="physical") == []
    assert cards(personalization_design="ipcd_1") == []
    assert holders(email="one@example.com") == [one["id"]]
    assert holders(phone_number="+14155550101") == [two["id"]]
    assert holders(type="individual") == [two["id"]]
    api.ok(f"/v1/issuing/cardholders/{one['id']}", {"status": "inactive", "email": "new@example.com"})
    assert holders(status="inactive") == [one["id"]]
    assert holders(email="one@example.com") == []


def test_filtered_pages_have_cursors_too(api) -> None:
    holder = api.cardholder()["id"]
    cards = [api.card(cardholder=holder, status=status)["id"] for status in ("active", "inactive") * 4]
    active = cards[::2][::-1]
    first = api.read("/v1/issuing/cards", {"status": "active", "limit": 3})
    rest = api.read(
        "/v1/issuing/cards", {"status": "active", "limit": 3, "starting_after": first["data"][-1]["id"]}
    )
    assert ids(first) + ids(rest) == active
    assert (first["has_more"], rest["has_more"]) == (True, False)
    before = api.read("/v1/issuing/cards", {"status": "active", "ending_before": active[2]})
    assert ids(before) == active[:2]


def test_a_list_holds_what_each_object_is(api) -> None:
    trap = api.cardholder(
        metadata={"cardholder": "ich_1", '"cardholder":"ich_2"': "[]"}, email="a@example.com"
    )
    api.card(cardholder=trap["id"], metadata={"cardholder": trap["id"], "data": "[]", "has_more": "é"})
    api.card()
    api.fund(100)
    for kind in ("issuing/cards", "issuing/cardholders", "topups", "events"):
        for listed in api.read(f"/v1/{kind}", {"limit": 100})["data"]:
            assert api.read(f"/v1/{kind}/{listed['id']}") == listed


@pytest.mark.parametrize(
    "path", ["data", "number", "cardholder", "data.cardholder.name", "data.nothing", "a.b.c.d.e"]
)
def test_what_cannot_be_expanded_in_a_list(api, path) -> None:
    api.card()
    assert api.get("/v1/issuing/cards", {"expand": [path]}).error["param"] == "expand"


def test_lists_can_be_expanded(api) -> None:
    old = api.card()
    holder = old["cardholder"]["id"]
    api.card(cardholder=holder, replacement_for=old["id"], replacement_reason="expired")
    found = api.read("/v1/issuing/cards", {"expand": ["data.replacement_for", "data.cardholder"]})["data"]
    assert (found[0]["replacement_for"]["id"], found[0]["replacement_for"]["status"]) == (
        old["id"],
        "canceled",
    )


def test_every_filter_that_a_list_takes_narrows_it() -> None:
    """No list takes a filter and answers everything all the same."""
    everywhere = {"limit", "starting_after", "ending_before", "expand", "created"}
    elsewhere = {
        "amount",
        "arrival_date",
        "delivery_success",
        "effective_at",
        "expired",
        "linked_flows",
        "lookup_keys",
        "order_by",
        "payout",
        "preferences",
        "relationship",
        "resolution",
        "status_transitions",
        "types",
    }  # narrowed by what handles them
    for route in ROUTES:
        if route.method == "GET" and route.params.endswith("ListParams"):
            taken = schema.types()[route.params]["fields"].keys() - everywhere - elsewhere
            assert taken <= set(route.answers.filters), route.path
