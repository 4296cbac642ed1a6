"""What a holder is set to between two states: no purchase gets through that either of them declines."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.chaos.power import SPANS, power, shops
from provisioner.kinds.spending_controls import intersect

CATEGORIES = ("advertising_services", "taxicabs_limousines", "hotels_motels_and_resorts")
SHARED, *OTHERS = CATEGORIES
FREE = {"status": "active", "spending_controls": {}}

LIMITS = st.lists(
    st.fixed_dictionaries(
        {
            "amount": st.sampled_from([0, 100, 2000]),
            "interval": st.sampled_from(["daily", "monthly", "yearly"]),
        },
        optional={"categories": st.sampled_from([(SHARED,), tuple(OTHERS)])},
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda row: (row["interval"], row.get("categories")),
).map(tuple)
SOME = st.lists(st.sampled_from(OTHERS), unique=True).map(lambda names: tuple(sorted(names)))
LISTS = st.one_of(
    st.just({}),
    SOME.map(lambda names: {"allowed_categories": (SHARED, *names)}),
    SOME.filter(bool).map(lambda names: {"blocked_categories": names}),
)
CONTROLS = st.builds(
    lambda lists, limits: lists | ({"spending_limits": limits} if limits else {}), LISTS, st.none() | LIMITS
)


def at_most(controls: dict[str, Any]) -> dict[tuple[Any, ...], int]:
    card = {"status": "active", "spending_controls": controls}
    places = shops([{"spending_controls": {"blocked_categories": CATEGORIES}}])
    return {(shop, span): power(card, FREE, shop, span) for shop, span in product(places, SPANS)}


@given(CONTROLS, CONTROLS)
def test_it_is_as_wide_as_the_narrower_of_both_at_every_shop(one: Any, other: Any) -> None:
    between, narrow, narrower = at_most(dict(intersect(one, other))), at_most(one), at_most(other)

    assert all(between[at] <= min(narrow[at], narrower[at]) for at in between)
    assert not any(between[at] == 0 < min(narrow[at], narrower[at]) for at in between)


@given(CONTROLS)
def test_a_state_and_itself_are_that_state(one: Any) -> None:
    assert intersect(one, one) == one


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"allowed_categories": (SHARED,)}, {"allowed_categories": (OTHERS[0],)}),
        ({"allowed_categories": (SHARED,)}, {"blocked_categories": (SHARED,)}),
        ({"blocked_categories": (SHARED,)}, {"allowed_categories": (SHARED,)}),
    ],
)
def test_where_nothing_is_left_it_stays_as_it_is(one: Any, other: Any) -> None:
    assert intersect(one, other) == one


def test_limits_in_two_currencies_are_not_mixed() -> None:
    dollars = {"spending_limits": ({"amount": 5, "interval": "daily"},), "spending_limits_currency": "usd"}
    euros = {"spending_limits": ({"amount": 3, "interval": "daily"},), "spending_limits_currency": "eur"}

    assert intersect(dollars, euros) == dollars
    assert intersect({}, euros) == euros
    assert intersect(dollars, {}) == dollars
